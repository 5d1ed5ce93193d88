import { thrownWords } from '#infra/apperr/thrown-words.ts';
import type { ClosableHttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { readTls, type TlsPem } from '#infra/tls/options.ts';
import { watchTlsFiles } from '#infra/tls/watch-files.ts';

export interface IssuerClient extends AsyncDisposable {
  /** Looks at the certificate files now and then. */
  readonly job: Job;
  /** As those of `ClosableHttpsClient`. */
  readonly request: ClosableHttpsClient['request'];
  readonly open: ClosableHttpsClient['open'];
}

/** The largest JWKS that Identity may come to, of 156 keys, a third of them of ML-DSA, has 170 KiB; an introspection answer has far less. In bytes. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Requests to one issuer over connections that are made with the certificate files as they are on disk. When those change, a
 * request under way ends as it began; files that make no usable set leave the old ones in use.
 *
 * @param options.tls `ca`: the only root that the issuer is verified against
 * @throws AppError `tls-file-unreadable`
 */
export const openIssuerClient = async (options: {
  readonly issuer: string;
  /** For the name of the job, one of each client. */
  readonly name: string;
  readonly tls: TlsFiles;
  readonly telemetry: Pick<Telemetry, 'log' | 'carrier'>;
}): Promise<IssuerClient> => {
  const { issuer, name, tls, telemetry } = options;
  const open = (pem: TlsPem): ClosableHttpsClient => createHttpsClient({ ...pem, maxBytes: MAX_ANSWER_BYTES, telemetry });
  const known = await readTls(tls);
  let client = open(known);
  /** Those that were replaced while they had requests under way. */
  const ending = new Set<ClosableHttpsClient>();

  const end = async (old: ClosableHttpsClient): Promise<void> => {
    ending.add(old);
    try {
      await old.close();
    } catch (error) {
      telemetry.log.warn(`connections to ${issuer} under an old certificate were not closed: ${thrownWords(error)}`);
    } finally {
      ending.delete(old);
    }
  };
  const renewal = watchTlsFiles(tls, {
    name,
    known,
    onPem: (pem) => {
      void end(client);
      client = open(pem);
      telemetry.log.info(`certificates for ${issuer} reloaded`);
    },
    onError: (error) => telemetry.log.error(`certificates for ${issuer} not reloaded, the old ones stay: ${thrownWords(error)}`),
  });

  return {
    job: renewal.job,
    request: (wanted) => client.request(wanted),
    open: (wanted) => client.open(wanted),
    [Symbol.asyncDispose]: async () => {
      renewal[Symbol.dispose]();
      await Promise.all([client, ...ending].map((each) => each[Symbol.asyncDispose]()));
    },
  };
};
