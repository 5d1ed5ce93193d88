import type { AuthenticatedCaller } from '#kms/caller.ts';

/**
 * Sessions of browsers. A cookie holds a secret; the database holds a keyed hash of it, with who logged in and how:
 *
 *     log-in ──► begin ──► cookie
 *     cookie ──► find ──► lease in memory ── over? ──► row (tag and ledger) ──► is he still who he was? ──► caller
 *     log-out ─► end
 *
 * "Is he still" asks the realm of a user (`users.ts`), or the issuer at which he logged in (`../code-flow`). This folder knows no page.
 */
export interface BrowserSession {
  /** UUIDv7; no secret. */
  readonly id: string;
  readonly caller: AuthenticatedCaller;
  /** What each change must bring beside the cookie. */
  readonly csrfToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** How somebody proved at a log-in who he is. */
export type Proof =
  | {
      readonly kind: 'password';
      /** Of the password that was right: one that came after it ends the session. */
      readonly passwordVersion: string;
    }
  | {
      readonly kind: 'issuer';
      readonly issuer: string;
      readonly refreshToken: string;
      /** Of the access token; see `ReadScopes`. */
      readonly scopes: readonly string[];
      readonly permissions: readonly string[] | undefined;
      /** As the access token names it; null where it does not. */
      readonly grant: string | null;
    };

/** A log-in that went well. */
export interface LogIn {
  readonly caller: AuthenticatedCaller;
  readonly proof: Proof;
}

/** The session that ended, as far as its end at the issuer goes. */
export interface EndedSession {
  /** Null for a user of a realm. */
  readonly issuer: string | null;
}

/** Every method throws AppError `sealed` 503 while the barrier is sealed, and `row-damaged` 503 for a row that the KMS did not write. */
export interface Sessions {
  /** Begins a new session, and ends the oldest where the user has too many. @returns the value of its cookie */
  begin(logIn: LogIn): Promise<string>;
  /**
   * The session of a cookie, and notes that it is used; null for one that is over, was ended, or never was.
   *
   * @throws AppError `identity-unavailable` 503 where its issuer cannot be asked whether it is still good
   */
  find(cookie: string): Promise<BrowserSession | null>;
  /** Ends a session; from the answer on no replica knows it. @returns null where there was none */
  end(cookie: string): Promise<EndedSession | null>;
  /** Removes the sessions that are over by the clock. */
  removeExpired(): Promise<void>;
}
