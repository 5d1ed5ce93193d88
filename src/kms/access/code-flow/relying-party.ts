import type { PendingLogIn } from './pending-log-ins.ts';

/**
 * The KMS as a confidential client of an issuer: browsers go there and come back with a code (authorization code grant with PKCE), which
 * the KMS redeems by itself. No token of the issuer ever reaches a browser.
 *
 *     pending-log-ins ─► authorization request ─► issuer ─► callback ─► exchange ─► ID token, access token ─► LogIn
 *
 * @see RFC 6749 section 4.1, RFC 7636, RFC 9207, RFC 9700 section 2.1, OpenID Connect Core 1.0 section 3.1
 */
export interface RelyingParty {
  readonly issuer: string;
  /** For people. */
  readonly name: string;
  /** Where the browser goes to log in. */
  authorizationUrl(pending: PendingLogIn): URL;
  /**
   * Redeems the code of a callback.
   *
   * @throws AppError `log-in-refused` 400 for a code that is not good, or a token that is not for this log-in; `identity-unavailable` 503
   */
  redeem(code: string, pending: PendingLogIn): Promise<IssuedTokens>;
  /** Whether the session at the issuer goes on. @throws AppError `identity-unavailable` 503 */
  isActive(refreshToken: string): Promise<boolean>;
  /** Where the browser ends its session at the issuer; null where that is not known. */
  readonly endSessionUrl: URL | null;
}

/** Tokens that never leave the KMS. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** `sub` of the ID token. */
  readonly subject: string;
  /** Null where the issuer does not say it. */
  readonly username: string | null;
}
