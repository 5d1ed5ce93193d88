import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';

type Fetch = typeof globalThis.fetch;

export interface TrustingFetch {
  readonly fetch: Fetch;
  /** Closes every connection; later requests open new ones. */
  close(): void;
}

/** Statuses without a body, for which `Response` takes none. @see Fetch, "null body status" */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** @see Fetch, "HTTP-redirect fetch", step 7 */
const MAX_REDIRECTS = 20;

/**
 * `fetch` for servers whose certificates a CA of their own vouches for. The fetch of Node takes a CA by an object of undici only, of
 * exactly the version that this Node was built with; so the requests to these servers go through `node:https`.
 *
 * @param options.ca PEM; the only authority that is trusted
 * @param options.origins the servers, for example `https://localhost:41001`; requests to others go through the global fetch
 */
export const trustingFetch = ({ ca, origins }: { readonly ca: string; readonly origins: readonly string[] }): TrustingFetch => {
  const agent = new Agent({ ca, minVersion: 'TLSv1.3', keepAlive: true });
  const isOurs = (url: string): boolean => origins.includes(new URL(url).origin);

  const send = async (request: Request): Promise<Response> => {
    const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = Object.fromEntries(request.headers);
      const sent = httpsRequest(request.url, { agent, method: request.method, headers, signal: request.signal }, resolve);
      sent.on('error', (cause) => reject(request.signal.aborted ? request.signal.reason : new TypeError('fetch failed', { cause })));
      sent.end(body ?? undefined);
    });
    return responseOf(message, request.url);
  };

  const follow = async (request: Request, redirects: number): Promise<Response> => {
    if (!isOurs(request.url)) return globalThis.fetch(request);
    // The body is read when it is sent, and a redirect may send it again.
    const again = request.clone();
    const response = await send(request);
    const location = response.headers.get('location');
    if (!REDIRECTS.includes(response.status) || location === null || request.redirect === 'manual') return response;
    await response.body?.cancel();
    if (request.redirect === 'error') throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
    if (redirects === MAX_REDIRECTS) throw new TypeError('fetch failed', { cause: new Error('redirect count exceeded') });
    const next = await follow(redirected(again, response.status, new URL(location, request.url)), redirects + 1);
    return told(next, 'redirected', true);
  };

  return { fetch: async (input, init) => follow(new Request(input, init), 0), close: () => agent.destroy() };
};

/** The request that a redirect asks for. @see Fetch, "HTTP-redirect fetch", steps 11 to 13 */
const redirected = (request: Request, status: number, url: URL): Request => {
  const { method } = request;
  const isAsked = (status === 303 && method !== 'GET' && method !== 'HEAD') || ((status === 301 || status === 302) && method === 'POST');
  const headers = new Headers(request.headers);
  if (isAsked) for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type']) headers.delete(name);
  if (new URL(request.url).origin !== url.origin) for (const name of ['authorization', 'cookie']) headers.delete(name);
  const { signal, redirect } = request;
  if (isAsked || request.body === null) return new Request(url, { method: isAsked ? 'GET' : method, headers, signal, redirect });
  return new Request(url, { method, headers, signal, redirect, body: request.body, duplex: 'half' });
};

const responseOf = (message: IncomingMessage, url: string): Response => {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2) headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '');
  const isEmpty = WITHOUT_BODY.includes(status);
  if (isEmpty) message.resume();
  const body = isEmpty ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return told(new Response(body, { status, statusText: message.statusMessage ?? '', headers }), 'url', url);
};

/** A `Response` that is made by hand knows neither its URL nor that it was redirected. */
const told = <N extends 'url' | 'redirected'>(response: Response, name: N, value: Response[N]): Response =>
  Object.defineProperty(response, name, { value });
