import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from './config.ts';
import { readTls, type TlsPem } from './options.ts';

/** Three files are replaced one after the other; wait until that is over. */
const SETTLE_MS = 100;
/** Some file systems, such as network mounts, tell of no change. */
const POLL_MS = 30_000;

/**
 * Looks at TLS files at once and whenever they change, until it is disposed; keeps no process alive.
 *
 * @param options.known what is in use already and is no news
 * @param options.onPem called with each set whose key belongs to its certificate and that differs from the one before
 * @param options.onError told at each look at which the files make no usable set
 */
export const watchTlsFiles = (
  files: TlsFiles,
  options: {
    readonly known?: TlsPem;
    readonly onPem: (pem: TlsPem) => void;
    readonly onError?: ((error: unknown) => void) | undefined;
  },
): Disposable => {
  let seen = options.known === undefined ? null : JSON.stringify(options.known);
  let settling: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async () => {
    try {
      const pem = await readTls(files);
      const content = JSON.stringify(pem);
      if (closed || content === seen) return;
      // Throws when the key does not belong to the certificate, before anything is touched.
      createSecureContext(pem);
      options.onPem(pem);
      seen = content;
    } catch (error) {
      if (!closed) options.onError?.(error);
    }
  };
  const soon = () => {
    clearTimeout(settling);
    settling = setTimeout(() => void look(), SETTLE_MS).unref();
  };

  void look();
  const directories = new Set([files.ca, files.cert, files.key].map((file) => dirname(file)));
  const watchers = [...directories].map((directory) => watch(directory, { persistent: false }, soon));
  // A watch may end with its directory; the poll goes on and reports what is missing.
  for (const watcher of watchers) watcher.on('error', soon);
  const poll = setInterval(() => void look(), POLL_MS).unref();

  return {
    [Symbol.dispose]: () => {
      closed = true;
      clearTimeout(settling);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
  };
};
