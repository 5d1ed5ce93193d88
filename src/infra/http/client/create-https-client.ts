import { createSecureContext } from 'node:tls';
import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import { Agent } from 'undici';
import { AppError } from '#infra/apperr/app-error.ts';
import { codeOf } from '#infra/apperr/system-error.ts';
import { clientTlsOptions } from '#infra/tls/options.ts';
import type { ClosableHttpsClient, HttpsClientOptions, HttpsRequest, HttpsResponse, HttpsStream } from '../client.ts';

const TLS_CODE = /^(ERR_(TLS|SSL)|CERT_|DEPTH_|UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** A certificate is refused by its times, so either it or our clock is wrong. */
const CLOCK_CODE = /^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/;
const CLOCK_FIX = 'Compare the clocks of both machines and set the wrong one. If both are right, renew the certificate.';

const described = (error: unknown, url: URL, timeoutMs: number, outer?: AbortSignal): unknown => {
  if (error instanceof AppError) return error;
  if (outer?.aborted === true) return outer.reason;
  const where = `${url.host}${url.pathname}`;
  const code = codeOf(error);
  const message = thrownMessage(error);
  if (code === 'ECONNREFUSED') return new AppError('connection-refused', 503, `${url.host} refuses connections`, { cause: error });
  if (
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    code === 'UND_ERR_HEADERS_TIMEOUT' ||
    code === 'UND_ERR_BODY_TIMEOUT' ||
    (error instanceof Error && error.name === 'TimeoutError')
  ) {
    return new AppError('timed-out', 504, `waited ${timeoutMs} ms for ${where} to answer`, { cause: error });
  }
  if (CLOCK_CODE.test(code)) {
    const said = `TLS with ${url.host} failed: ${message}; the clock of this machine says ${new Date().toISOString()}`;
    return new AppError('tls-failed', 503, said, { cause: error, fix: CLOCK_FIX });
  }
  if (TLS_CODE.test(code)) return new AppError('tls-failed', 503, `TLS with ${url.host} failed: ${message}`, { cause: error });
  return new AppError('connection-failed', 503, `the connection to ${where} failed: ${message || code}`, { cause: error });
};

const readBody = async (body: AsyncIterable<Buffer>, maxBytes: number, url: URL): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes)
      throw new AppError('response-too-large', 502, `the answer of ${url.host}${url.pathname} is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

async function* describedBody(body: AsyncIterable<Buffer>, failed: (error: unknown) => unknown): AsyncGenerator<Buffer, void> {
  try {
    yield* body;
  } catch (error) {
    throw failed(error);
  }
}

/** @throws TypeError for an address that is not https */
const httpsUrl = (text: string | URL): URL => {
  const url = new URL(text);
  if (url.protocol !== 'https:') throw new TypeError(`only https is supported here, not ${url.protocol}`);
  return url;
};

const payload = (request: HttpsRequest): { body: string | Buffer | null; type: string | null } => {
  if (request.form !== undefined) return { body: new URLSearchParams(request.form).toString(), type: 'application/x-www-form-urlencoded' };
  if (request.body === undefined) return { body: null, type: null };
  if (typeof request.body === 'string' || Buffer.isBuffer(request.body)) return { body: request.body, type: null };
  return { body: JSON.stringify(request.body), type: 'application/json' };
};

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || name === 'set-cookie' ? [] : [[name, [value].flat().join(', ')]],
    ),
  );

/**
 * The work, or the reason of the abort, whichever comes first. undici (8.12) hears of an abort only when it has a connection, and waits ten
 * seconds for that of a server which takes it and then says nothing.
 */
const orAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

/** An HTTPS client that trusts the given authorities only, speaks TLS 1.3 only and follows no redirect. */
export const createHttpsClient = (options: HttpsClientOptions): ClosableHttpsClient => {
  const { ca, cert, key, timeoutMs: defaultTimeout = 5_000, maxBytes = 1024 * 1024 } = options;
  const pem = { ca, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  const { lookup } = options;
  const openAgent = (): Agent => {
    // Read once: each connection would read the certificates and the key anew, which takes as long as half a request.
    const tls = clientTlsOptions(pem);
    const secureContext = createSecureContext(tls);
    return new Agent({
      connect: { ...tls, secureContext, ...(lookup === undefined ? {} : { lookup }) },
      connections: 64,
    });
  };
  let opened: Agent | undefined;

  const send = (wanted: HttpsRequest, url: URL, signal: AbortSignal) => {
    const { body, type } = payload(wanted);
    const sent = (opened ??= openAgent()).request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: (wanted.method ?? 'GET') as 'GET',
      headers: { ...options.telemetry?.carrier(), ...(type === null ? {} : { 'content-type': type }), ...wanted.headers },
      body,
      signal,
    });
    return orAborted(sent, signal);
  };

  const request = async (wanted: HttpsRequest): Promise<HttpsResponse> => {
    const url = httpsUrl(wanted.url);
    const method = wanted.method ?? 'GET';
    const timeoutMs = wanted.timeoutMs ?? defaultTimeout;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = wanted.signal === undefined ? timeout : AbortSignal.any([wanted.signal, timeout]);
    const started = performance.now();
    try {
      const answer = await send(wanted, url, signal);
      const text = await readBody(answer.body, maxBytes, url);
      options.onRequest?.({ method, url: url.href, status: answer.statusCode, durationMs: performance.now() - started });
      return {
        status: answer.statusCode,
        headers: flat(answer.headers),
        setCookies: [answer.headers['set-cookie'] ?? []].flat(),
        text,
        json: <T>() => {
          try {
            return JSON.parse(text) as T;
          } catch (cause) {
            throw new AppError(
              'response-not-json',
              502,
              `${url.host}${url.pathname} answered ${answer.statusCode} with something that is not JSON`,
              { cause },
            );
          }
        },
      };
    } catch (error) {
      throw described(error, url, timeoutMs, wanted.signal);
    }
  };

  const open = async (wanted: HttpsRequest): Promise<HttpsStream> => {
    const url = httpsUrl(wanted.url);
    const timeoutMs = wanted.timeoutMs ?? defaultTimeout;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException('no head', 'TimeoutError')), timeoutMs);
    const failed = (error: unknown): unknown => described(error, url, timeoutMs, wanted.signal);
    try {
      const answer = await send(wanted, url, wanted.signal === undefined ? late.signal : AbortSignal.any([wanted.signal, late.signal]));
      return { status: answer.statusCode, headers: flat(answer.headers), body: describedBody(answer.body, failed) };
    } catch (error) {
      throw failed(error);
    } finally {
      clearTimeout(timer);
    }
  };

  // One that was never used opens none afterwards.
  const opening = (): Agent => (opened ??= new Agent());
  return { request, open, close: () => opening().close(), [Symbol.asyncDispose]: () => opening().destroy() };
};
