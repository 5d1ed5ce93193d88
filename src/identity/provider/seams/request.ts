import { IncomingMessage } from 'node:http';

/**
 * A request with a body that has been read, as oidc-provider can read it once more.
 *
 * Why: oidc-provider reads the body itself, decodes it as the charset that the client names and replaces what is not valid; a body that
 * was read before it finds empty.
 * Bends: `ctx.req`, read in oidc-provider 9.13.3 (lib/shared/selective_body.js) and Koa 3 (lib/request.js).
 * Held by: test/identity/provider/seams/request.test.ts
 */
export const withBody = (received: IncomingMessage, body?: Buffer): IncomingMessage => {
  const { 'content-type': contentType, ...headers } = received.headers;
  const { rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor, url, method } = received;
  const request = Object.assign(new IncomingMessage(received.socket), { rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor, url });
  request.method = method;
  request.headers = { ...headers, ...(body === undefined || contentType === undefined ? {} : { 'content-type': contentType }) };
  request.complete = true;
  if (body !== undefined) request.push(body);
  request.push(null);
  return request;
};

/**
 * Puts the request target into origin form, with its path changed as given.
 *
 * Why: oidc-provider makes URLs from the target, and an absolute form would choose their host. It has one path an endpoint.
 * Bends: `ctx.href` and `ctx.req.url`, read in oidc-provider 9.13.3 (lib/helpers/oidc_context.js) and Koa 3 (lib/request.js).
 * Held by: test/identity/provider/seams/request.test.ts
 */
export const setRequestTarget = (request: IncomingMessage, change: (target: string) => string): void => {
  const url = request.url ?? '/';
  const absolute = url.startsWith('/') ? null : URL.parse(url);
  const target = url.startsWith('/') ? url : absolute === null ? '/' : `${absolute.pathname}${absolute.search}`;
  request.url = change(target);
};

/**
 * Puts the issuer's host in place of the one that the client wrote.
 *
 * Why: oidc-provider makes the URLs of redirects and cookies from the Host header, and what a client writes there must not choose them.
 * Bends: `ctx.host`, read in oidc-provider 9.13.3 (lib/helpers/oidc_context.js, `urlFor`) and Koa 3 (lib/request.js).
 * Held by: test/identity/provider/seams/request.test.ts
 */
export const setHost = (request: IncomingMessage, host: string): void => {
  request.headers.host = host;
};

const JSON_TYPE = 'application/json';

/**
 * Makes a request accept JSON alone, or what the endpoint has beside that, in the order of the request: for the endpoints of programs.
 *
 * Why: oidc-provider answers errors as a page where the request accepts HTML, whatever the endpoint is.
 * Bends: `ctx.accepts`, read in oidc-provider 9.13.3 (lib/shared/error_handler.js).
 * Held by: test/identity/provider/seams/request.test.ts
 */
export const acceptJsonOnly = (request: IncomingMessage, beside?: string): void => {
  const accepted = (request.headers.accept ?? '').split(',').filter((range) => {
    const type = range.split(';')[0]?.trim().toLowerCase();
    return beside !== undefined && (type === beside || type === JSON_TYPE);
  });
  request.headers.accept = accepted.length === 0 ? JSON_TYPE : accepted.join(',');
};
