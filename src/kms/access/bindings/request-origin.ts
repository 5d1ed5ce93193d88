import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * The origin under which a request came, or null where that is none of this service: a client may write what it likes into Host, and a
 * proof for another service must not become good here by that.
 */
export type RequestOrigin = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string | null;

/** Whether the certificate that the server showed on this connection is good for the name. */
const isShownFor = (socket: IncomingMessage['socket'], hostname: string): boolean => {
  const certificate = socket instanceof TLSSocket ? socket.getX509Certificate() : undefined;
  if (certificate === undefined) return false;
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return (isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare)) !== undefined;
};

/** @param origins those that are configured; where none is, every name for which the certificate of the server is good */
export const createRequestOrigin = (origins: readonly string[]): RequestOrigin => {
  const stated: ReadonlySet<string> = new Set(origins.map((origin) => new URL(origin).origin));
  /** A connection is asked under one name, as a rule. */
  const last = new WeakMap<object, { readonly host: string; readonly origin: string | null }>();

  const originOf = (socket: IncomingMessage['socket'], host: string): string | null => {
    const url = URL.parse(`https://${host}`);
    if (url === null || url.host === '' || url.href !== `${url.origin}/`) return null;
    const isOurs = stated.size === 0 ? isShownFor(socket, url.hostname) : stated.has(url.origin);
    return isOurs ? url.origin : null;
  };

  return ({ headers, socket }) => {
    const { host } = headers;
    if (host === undefined || host.length > 300) return null;
    const known = last.get(socket);
    if (known?.host === host) return known.origin;
    const origin = originOf(socket, host);
    last.set(socket, { host, origin });
    return origin;
  };
};
