import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { AppError } from '#infra/apperr/app-error.ts';
import { thrownMessage, thrownWords } from '#infra/apperr/thrown-words.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { ClosableHttpsClient, HttpsResponse } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { isPublicAddress, lookupPublic, notPublic } from '#infra/http/client/public-addresses.ts';
import { OUTGOING_MS } from '#infra/magic/limits.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { OutgoingConfig } from './config.ts';
import type { Outgoing, OutgoingInit } from './outgoing.ts';
import { readAuthorities } from './trust.ts';

const MAX_BYTES = 64 * 1024;
/** How long a GET that failed is not sent again: a stranger who makes us ask must not make us ask all the time. */
const COOLDOWN_MS = 5_000;
const MAX_FAILURES = 1_000;
/** Milliseconds between two looks at the authorities. */
const LOOK_MS = 30_000;

interface Failure {
  readonly message: string;
  readonly at: number;
}

/**
 * @param options.ca PEM file with the root of our own certificates
 * @param options.elapsed milliseconds of a clock that never goes back
 * @throws AppError `tls-file-unreadable`
 */
export const createOutgoing = async (options: {
  readonly config: OutgoingConfig;
  readonly ca: string;
  readonly telemetry: Pick<Telemetry, 'log' | 'counter'>;
  readonly lookup?: ReturnType<typeof lookupPublic>;
  readonly elapsed?: () => number;
}): Promise<Outgoing> => {
  const { config, ca, telemetry, lookup = lookupPublic(), elapsed = () => performance.now() } = options;
  const files = [ca, ...config.authorities];
  const count = telemetry.counter('passthru.identity.outgoing', {
    description: 'Requests that Identity sent to addresses of clients: log-outs by the back channel, and fetches of key sets',
  });
  const open = (authorities: string[]): ClosableHttpsClient =>
    createHttpsClient({ ca: authorities, timeoutMs: OUTGOING_MS, maxBytes: MAX_BYTES });
  let known = await readAuthorities(files);
  let toAllowed = open(known);
  const toPublic = createHttpsClient({ ca: [...rootCertificates], lookup, timeoutMs: OUTGOING_MS, maxBytes: MAX_BYTES });
  const failures = createBoundedMap<Failure>({ max: MAX_FAILURES });

  const refusalOf = (url: URL): AppError | null => {
    if (url.username !== '' || url.password !== '') return notAllowed(url);
    if (config.origins.includes(url.origin)) return null;
    if (url.protocol !== 'https:' || config.others === 'refuse') return notAllowed(url);
    const address = url.hostname.replace(/^\[|\]$/g, '');
    return isIP(address) !== 0 && !isPublicAddress(address) ? notPublic(url.host, address) : null;
  };

  const send = (url: URL, method: string, init: OutgoingInit): Promise<HttpsResponse> => {
    const refusal = refusalOf(url);
    if (refusal !== null) throw refusal;
    const client = config.origins.includes(url.origin) ? toAllowed : toPublic;
    const headers = new Headers(init.headers);
    headers.delete('user-agent');
    return client.request({
      url,
      method,
      headers: Object.fromEntries(headers),
      ...(init.body === undefined || init.body === null ? {} : { body: String(init.body) }),
    });
  };

  const tell = (url: URL, method: string, code: string, message: string, status?: number): void => {
    count(1, { operation: method, outcome: 'failed', reason: code });
    telemetry.log.warn(`${method} ${url.origin}${url.pathname} by Identity failed: ${message}`, {
      'http.request.method': method,
      'server.address': url.hostname,
      'server.port': Number(url.port || 443),
      code,
      ...(status === undefined ? {} : { 'http.response.status_code': status }),
    });
  };

  const fetch: Outgoing['fetch'] = async (to, init = {}) => {
    const [url, method] = [new URL(to), init.method ?? 'GET'];
    const key = boundedKey(url.href);
    const failed = method === 'GET' ? failures.get(key) : undefined;
    if (failed !== undefined && elapsed() - failed.at < COOLDOWN_MS)
      throw new AppError('recently-failed', 503, `${failed.message}; it is asked again in a few seconds`);
    const noteFailure = (code: string, message: string, status?: number): void => {
      tell(url, method, code, message, status);
      if (method === 'GET') failures.set(key, { message, at: elapsed() });
    };
    try {
      const { status, headers, text } = await send(url, method, init);
      if (status >= 200 && status < 300) count(1, { operation: method, outcome: 'answered' });
      else noteFailure('status', `it answered ${status}${status < 400 ? ', and redirects are not followed' : ''}`, status);
      return new Response(WITHOUT_BODY.includes(status) ? null : text, { status, headers });
    } catch (error) {
      noteFailure(error instanceof AppError ? error.code : 'connection-failed', thrownMessage(error));
      throw error;
    }
  };

  const renew = async (): Promise<void> => {
    const read = await readAuthorities(files);
    if (JSON.stringify(read) === JSON.stringify(known)) return;
    const old = toAllowed;
    toAllowed = open(read);
    known = read;
    telemetry.log.info('authorities for outgoing requests reloaded');
    await old.close().catch((error: unknown) => {
      telemetry.log.warn(`outgoing connections under old authorities were not closed: ${thrownWords(error)}`);
    });
  };

  return {
    fetch,
    whyNot: (url) => (URL.canParse(url) ? (refusalOf(new URL(url))?.message ?? null) : 'it is no URL'),
    jobs: [{ name: 'outgoing-authorities', periodMs: LOOK_MS, run: renew }],
    [Symbol.asyncDispose]: async () => void (await Promise.all([toAllowed, toPublic].map((client) => client[Symbol.asyncDispose]()))),
  };
};

/** Statuses without a body, for which `Response` takes none. @see https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

const notAllowed = (url: URL): AppError =>
  new AppError('origin-not-allowed', 403, `outgoing.origins of the configuration does not name ${url.origin}`, {
    fix: `Add ${url.origin} to outgoing.origins of Identity where its owner is to be trusted.`,
  });
