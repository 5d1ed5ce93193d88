import type { HttpsClient, HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { clockSkew } from './clock-skew.ts';
import { createCookieJar } from './cookie-jar.ts';
import { type SentExchange, withOrigin } from './origin.ts';
import { type Traced, tracedBy } from './trace-context.ts';

/** A request that was answered. */
export interface AnsweredRequest extends Traced {
  readonly method: string;
  /** Without its query, which may hold codes, states and hints. */
  readonly url: string;
  readonly status: number;
  /** Milliseconds from the first byte sent to the last byte read. */
  readonly durationMs: number;
  /** Milliseconds that the server's clock is ahead of ours, 0 where they may agree; null where the answer tells no time. */
  readonly skewMs: number | null;
}

export interface SessionOptions {
  readonly client: Pick<HttpsClient, 'request'>;
  /** Called after each answer; the exchange holds all that travelled, secrets too. */
  readonly onRequest?: (request: AnsweredRequest, exchange: SentExchange) => void;
  /** Its abort ends every request under way. */
  readonly signal?: AbortSignal;
  /** Milliseconds for a request that states none; those of the client where absent. */
  readonly timeoutMs?: number;
  /** Trace context (W3C `traceparent`) for each request. */
  readonly carrier?: () => Record<string, string>;
  /** Monotonic milliseconds. */
  readonly clock?: () => number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * HTTPS as one browser speaks it: cookies are kept for each host, redirects are answers and followed by nobody.
 *
 * Every call rejects with an `AppError` where no answer came (`connection-refused`, `tls-failed`, `timed-out`, `response-too-large`,
 * `connection-failed`), and with the reason of the abort where its signal aborted.
 */
export interface Session {
  request(request: HttpsRequest): Promise<HttpsResponse>;
  get(url: string | URL, headers?: Record<string, string>): Promise<HttpsResponse>;
  /** A form as application/x-www-form-urlencoded. */
  post(url: string | URL, form: Record<string, string>, headers?: Record<string, string>): Promise<HttpsResponse>;
}

/** A session without cookies yet. */
export const createSession = ({
  client,
  onRequest = () => {},
  signal,
  timeoutMs,
  carrier = () => ({}),
  clock = () => performance.now(),
  now = Date.now,
}: SessionOptions): Session => {
  const jar = createCookieJar();
  const request = async (wanted: HttpsRequest): Promise<HttpsResponse> => {
    const url = new URL(wanted.url);
    const [begun, sentAt] = [clock(), now()];
    const cookie = jar.header(url);
    const headers = { ...carrier(), ...(cookie === null ? {} : { cookie }), ...wanted.headers };
    const limits = { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    const answer = await client.request({ ...limits, ...wanted, headers });
    jar.store(url, answer.setCookies);
    const durationMs = clock() - begun;
    const { method = 'GET', body = null, form = null } = wanted;
    const exchange = withOrigin({ request: { method, url: url.href, headers, body, form }, response: answer, sentAt, durationMs });
    const skewMs = clockSkew({ date: answer.headers['date'], sentAt, answeredAt: now() });
    const facts = { method, url: `${url.origin}${url.pathname}`, status: answer.status, durationMs, skewMs };
    onRequest({ ...facts, ...tracedBy(headers, answer) }, exchange);
    return exchange.response;
  };
  return {
    request,
    get: (url, headers = {}) => request({ url, headers }),
    post: (url, form, headers = {}) => request({ method: 'POST', url, form, headers }),
  };
};
