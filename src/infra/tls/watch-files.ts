import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Job } from '#infra/jobs/job.ts';
import type { ServerTlsFiles } from './config.ts';
import { readTls, type TlsPem } from './options.ts';

/** Three files are replaced one after the other; wait until that is over. */
const SETTLE_MS = 100;
/** Milliseconds between two looks of the job. */
const POLL_MS = 30_000;

export interface TlsWatch extends Disposable {
  /** Looks at the files now and then: some file systems, such as network mounts, tell of no change. It fails while they make no usable set. */
  readonly job: Job;
}

/**
 * Looks at TLS files at once and whenever the file system tells of a change, until it is disposed of; keeps no process alive.
 *
 * @param options.name whose files they are, for the name of the job: `kms` makes `certificates-kms`
 * @param options.known what is in use already and is no news
 * @param options.onPem is called with each set whose key belongs to its certificate and that differs from the one before
 * @param options.onError is called when the files changed and make no usable set
 */
export const watchTlsFiles = (
  files: ServerTlsFiles,
  options: {
    readonly name: string;
    readonly known?: TlsPem;
    readonly onPem: (pem: TlsPem) => void;
    readonly onError?: ((error: unknown) => void) | undefined;
  },
): TlsWatch => {
  let seen = options.known === undefined ? null : JSON.stringify(options.known);
  let settling: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    const pem = await readTls(files);
    const content = JSON.stringify(pem);
    if (closed || content === seen) return;
    // Throws when the key does not belong to the certificate, before anything is touched.
    const { ca, cert, key, clientCa } = pem;
    createSecureContext({ ca: clientCa ?? ca, cert, key });
    options.onPem(pem);
    seen = content;
  };
  const lookAfterChange = (): void =>
    void look().catch((error: unknown) => {
      if (!closed) options.onError?.(error);
    });
  const soon = (): void => {
    clearTimeout(settling);
    settling = setTimeout(lookAfterChange, SETTLE_MS).unref();
  };

  lookAfterChange();
  const directories = new Set([files.ca, files.cert, files.key, files.client_ca ?? files.ca].map((file) => dirname(file)));
  const watchers = [...directories].map((directory) => watch(directory, { persistent: false }, soon));
  // A watch may end with its directory; the job goes on and reports what is missing.
  for (const watcher of watchers) watcher.on('error', soon);

  return {
    job: { name: `certificates-${options.name}`, periodMs: POLL_MS, run: look },
    [Symbol.dispose]: () => {
      closed = true;
      clearTimeout(settling);
      for (const watcher of watchers) watcher.close();
    },
  };
};
