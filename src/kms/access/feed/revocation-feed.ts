/** As much of an access token as a revocation can name. */
export interface TokenFacts {
  /** Of its header; null for an opaque token. */
  readonly keyId: string | null;
  readonly tokenId: string;
  readonly subject: string;
  readonly clientId: string;
  /** As the token names it. */
  readonly tenant: string;
  /** The grant that it was given under; null for a token that a client has for itself. */
  readonly grant: string | null;
  /** SHA-256 of the token, base64url. */
  readonly tokenHash: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
}

/**
 * `unknown`: the feed cannot say, because it is late, has not caught up, holds all that it may hold, or because the token was made about when
 * something happened to its account or client. Then the issuer has to be asked.
 */
export type Verdict = 'live' | 'revoked' | 'unknown';

/**
 * The revocations of one issuer, as it tells them. `follow-feed.ts` keeps one connection and listens, `received-set.ts` checks each event,
 * and `revoked-tokens.ts` remembers them until the last token that they concern has ended.
 */
export interface RevocationFeed extends AsyncDisposable {
  verdict(token: TokenFacts): Verdict;
  /** Milliseconds since the feed last said that everything is told; infinite where it never did. */
  silentMs(): number;
  /** Entries that are remembered. */
  size(): number;
  isCurrent(): boolean;
  /** @throws AppError `feed-lost` with the cause while it cannot say anything */
  check(): Promise<void>;
}
