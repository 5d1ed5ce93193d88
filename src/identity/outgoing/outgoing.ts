import type { Job } from '#infra/jobs/job.ts';

/**
 * Requests that Identity sends by itself, to addresses that clients name: log-outs by the back channel, and key sets. `config.ts` says
 * to whom; `create-outgoing.ts` sends them, and tells in log and metrics why one failed; `trust.ts` has the authorities.
 *
 * An address that a client names is a stranger's text. It chooses nobody but who is allowed: an origin of the configuration, by name and
 * port, or an address of the internet where the configuration says so.
 */
export interface Outgoing extends AsyncDisposable {
  /**
   * One request over TLS 1.3 to an https URL. Redirects are answers, never followed. The whole answer is read: 64 KiB at most, within
   * 2.5 seconds.
   *
   * @throws AppError that names the cause: `origin-not-allowed`, `address-not-public`, `recently-failed` for a GET whose last attempt
   *   failed a few seconds ago, and those of `HttpsClient`
   */
  readonly fetch: (url: string | URL, init?: OutgoingInit) => Promise<Response>;
  /** Whether requests to this address may go out; of a name it is looked up only when one does. @returns why not, null where they may */
  whyNot(url: string): string | null;
  /** Looks for changed authorities. */
  readonly jobs: readonly Job[];
}

/** As much of `RequestInit` as requests of ours have. */
export interface OutgoingInit {
  readonly method?: string | undefined;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** A text, or what becomes one. */
  readonly body?: unknown;
}
