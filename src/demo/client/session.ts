import type { HttpsClient, HttpsResponse } from '#infra/http/client.ts';
import { createCookieJar } from './cookie-jar.ts';

export type SessionRequest = Parameters<HttpsClient['request']>[0];

/** One request that was answered; the URL without its query, which may hold codes and states. */
export interface RequestNote {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface SessionOptions {
  readonly client: Pick<HttpsClient, 'request'>;
  readonly note: (request: RequestNote) => void;
  readonly signal: AbortSignal;
  /** Headers of every request, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Trace context for each request. */
  readonly carrier?: () => Record<string, string>;
  /** Monotonic milliseconds. */
  readonly clock?: () => number;
}

/** HTTPS as a browser speaks it: cookies kept per host, redirects left to the story. */
export interface Session {
  request(request: SessionRequest): Promise<HttpsResponse>;
  get(url: string | URL, headers?: Record<string, string>): Promise<HttpsResponse>;
  post(url: string | URL, form: Record<string, string>, headers?: Record<string, string>): Promise<HttpsResponse>;
}

export const createSession = ({
  client,
  note,
  signal,
  headers = {},
  carrier = () => ({}),
  clock = () => performance.now(),
}: SessionOptions): Session => {
  const jar = createCookieJar();
  const request = async (options: SessionRequest): Promise<HttpsResponse> => {
    const url = new URL(options.url);
    const begun = clock();
    const cookie = jar.header(url);
    const response = await client.request({
      signal,
      ...options,
      headers: { ...carrier(), ...headers, ...(cookie === null ? {} : { cookie }), ...options.headers },
    });
    jar.store(url, response.setCookies);
    note({
      method: options.method ?? 'GET',
      url: `${url.origin}${url.pathname}`,
      status: response.status,
      durationMs: clock() - begun,
    });
    return response;
  };
  return {
    request,
    get: (url, extra = {}) => request({ url, headers: extra }),
    post: (url, form, extra = {}) => request({ method: 'POST', url, form, headers: extra }),
  };
};
