import type { Server } from 'node:tls';
import type { ServerTlsFiles } from './config.ts';
import { serverTlsOptions } from './options.ts';
import { type TlsWatch, watchTlsFiles } from './watch-files.ts';

export interface ReloadOptions {
  /** Name of the server, for the name of the job. */
  readonly name: string;
  /** The new certificate is in use for new connections. */
  readonly onReload?: () => void;
  /** The files on disk make no usable set; the old certificate stays in use until they do. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Takes new TLS files into use when they change; connections that are open stay open.
 * Stops when it is disposed or when the server closes, and keeps no process alive.
 */
export const reloadOnChange = (server: Server, files: ServerTlsFiles, { name, onReload, onError }: ReloadOptions): TlsWatch => {
  let isFirst = true;
  const watching = watchTlsFiles(files, {
    name,
    onPem: (pem) => {
      const { ca, cert, key, minVersion, maxVersion } = serverTlsOptions(pem, 'none');
      server.setSecureContext({ ca, cert, key, minVersion, maxVersion });
      // The first look closes the gap between the server's own reading of the files and the watch; it is no news.
      if (!isFirst) onReload?.();
      isFirst = false;
    },
    onError,
  });
  server.once('close', () => watching[Symbol.dispose]());
  return watching;
};
