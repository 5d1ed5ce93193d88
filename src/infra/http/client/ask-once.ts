import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import type { ConnectionOptions } from 'node:tls';

export interface OneAnswer {
  readonly status: number;
  readonly text: string;
}

/** Characters of an answer that are read at most. */
const MAX_CHARACTERS = 64 * 1024;

/**
 * Makes one GET on a connection of its own and reads the answer to its end; redirects are answers. For programs that ask once and end:
 * it loads nothing but Node's own client, in a fraction of the time that `createHttpsClient` takes.
 *
 * @param options.url an https URL
 * @param options.tls from `clientTlsOptions`
 * @param options.timeoutMs for everything together, name resolution included
 * @throws Error whose message says what failed, or what was waited for and how long
 */
export const askOnce = ({ url, tls, timeoutMs }: { url: URL; tls: ConnectionOptions; timeoutMs: number }): Promise<OneAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<OneAnswer>();
  let waitingFor = `${url.host} to accept a connection`;
  const fail = (error: Error): void => reject(new Error(said(error, url), { cause: error }));
  const request = get(url, { ...tls, agent: false, headers: { accept: 'application/json', connection: 'close' } });
  const timer = setTimeout(() => {
    reject(new Error(`waited ${timeoutMs} ms in vain for ${waitingFor}`));
    request.destroy();
  }, timeoutMs);
  request.once('socket', (socket) => {
    socket.once('connect', () => (waitingFor = `the TLS handshake of ${url.host}`));
    socket.once('secureConnect', () => (waitingFor = `${url.href} to answer`));
  });
  request.on('error', fail);
  request.once('response', (response: IncomingMessage) => {
    waitingFor = `the end of the answer of ${url.href}`;
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_CHARACTERS) request.destroy(new Error(`the answer is longer than ${MAX_CHARACTERS} characters`));
    });
    response.on('error', fail);
    response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
  });
  return promise.finally(() => clearTimeout(timer));
};

/** Says why a connection failed; where a name has several addresses, the last failure stands for all. */
const said = (error: Error, url: URL): string => {
  const last: unknown = error instanceof AggregateError ? (error.errors.at(-1) ?? error) : error;
  const { code, message } = last as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? `${url.host} refuses connections` : `the connection to ${url.host} failed: ${message || code}`;
};
