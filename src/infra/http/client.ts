import type { LookupFunction } from 'node:net';

export interface HttpsRequest {
  readonly method?: string;
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A plain object goes out as JSON. */
  readonly body?: string | Buffer | Readonly<Record<string, unknown>>;
  /** Goes out as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds until the whole answer is here; the client's own limit when absent. */
  readonly timeoutMs?: number;
}

export interface HttpsResponse {
  readonly status: number;
  /** Names in lower case; values of a repeated header joined with a comma, `set-cookie` apart. */
  readonly headers: Readonly<Record<string, string>>;
  readonly setCookies: readonly string[];
  readonly text: string;
  /** @throws AppError `response-not-json` */
  json<T = unknown>(): T;
}

/** An answer whose body comes bit by bit, for as long as the server likes. */
export interface HttpsStream {
  readonly status: number;
  /** Names in lower case; values of a repeated header joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be read to its end, or ended by the signal of the request. */
  readonly body: AsyncIterable<Buffer>;
}

export interface HttpsClient extends AsyncDisposable {
  /**
   * One request over TLS 1.3, fully verified; redirects are answers, never followed.
   *
   * @throws AppError `connection-refused`, `tls-failed`, `timed-out`, `response-too-large`, `connection-failed`
   */
  request(request: HttpsRequest): Promise<HttpsResponse>;
}

export interface ClosableHttpsClient extends HttpsClient {
  /**
   * Like `request`, and resolves with the head of the answer: `timeoutMs` is for that alone. The body has no limit of size or time, and fails
   * as the request does.
   */
  open(request: HttpsRequest): Promise<HttpsStream>;
  /** Takes no more requests, and resolves once those under way have ended by themselves; disposal breaks them off. */
  close(): Promise<void>;
}

export interface HttpsClientOptions {
  /** PEM of the certificate authorities to trust, and no others. */
  readonly ca: string | Buffer | (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Resolves names, that of the system when absent. An address in a URL is not asked for. */
  readonly lookup?: LookupFunction;
  /** Milliseconds, default 5,000. */
  readonly timeoutMs?: number;
  /** Bytes of an answer, default 1 MiB. */
  readonly maxBytes?: number;
  /** Headers that carry the active trace (W3C traceparent). */
  readonly telemetry?: { carrier(): Record<string, string> };
  readonly onRequest?: (done: { method: string; url: string; status: number; durationMs: number }) => void;
}
