import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext, type Server } from 'node:tls';
import type { TlsFiles } from './config.ts';
import { readTls, serverTlsOptions } from './options.ts';

/** Three files are replaced one after the other; wait until that is over. */
const SETTLE_MS = 100;
/** Some file systems, such as network mounts, tell of no change. */
const POLL_MS = 30_000;

export interface ReloadOptions {
  /** The new certificate is in use for new connections. */
  readonly onReload?: () => void;
  /** The files on disk make no usable set; the old certificate stays in use until they do. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Takes new TLS files into use when they change; connections that are open stay open.
 * Stops when it is disposed or when the server closes, and keeps no process alive.
 */
export const reloadOnChange = (server: Server, files: TlsFiles, options: ReloadOptions = {}): Disposable => {
  let inUse: string | null = null;
  let settling: NodeJS.Timeout | undefined;
  let closed = false;

  const reload = async () => {
    try {
      const pem = await readTls(files);
      const content = JSON.stringify(pem);
      if (closed || content === inUse) return;
      const isFirst = inUse === null;
      const { minVersion, maxVersion } = serverTlsOptions(pem, 'none');
      const context = { ...pem, minVersion, maxVersion };
      // Throws when the key does not belong to the certificate, before the server is touched.
      createSecureContext(context);
      server.setSecureContext(context);
      inUse = content;
      // The first look closes the gap between the server's own reading of the files and the watch; it is no news.
      if (!isFirst) options.onReload?.();
    } catch (error) {
      if (!closed) options.onError?.(error);
    }
  };
  const soon = () => {
    clearTimeout(settling);
    settling = setTimeout(() => void reload(), SETTLE_MS).unref();
  };

  void reload();
  const directories = new Set([files.ca, files.cert, files.key].map((file) => dirname(file)));
  const watchers = [...directories].map((directory) => watch(directory, { persistent: false }, soon));
  // A watch may end with its directory; the poll goes on and reports what is missing.
  for (const watcher of watchers) watcher.on('error', soon);
  const poll = setInterval(() => void reload(), POLL_MS).unref();

  const stop = () => {
    closed = true;
    clearTimeout(settling);
    clearInterval(poll);
    for (const watcher of watchers) watcher.close();
  };
  server.once('close', stop);
  return { [Symbol.dispose]: stop };
};
