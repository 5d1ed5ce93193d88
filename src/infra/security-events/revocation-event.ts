/**
 * Revocations as Identity tells them to its resource servers: what happened (this file), and its form as a security event token of
 * RFC 8417 (`set-claims.ts`). Both servers read and write them here, so that neither can drift from the other.
 */
export type RevocationEvent =
  /** One JWT access token, by its `jti`. */
  | { readonly kind: 'token-revoked'; readonly tokenId: string }
  /** One opaque access token, by the SHA-256 of its text, base64url. */
  | { readonly kind: 'opaque-token-revoked'; readonly tokenHash: string }
  /** Every token of a grant: a refresh token or code that came twice, a log-out, the removal of a client. */
  | { readonly kind: 'grant-revoked'; readonly grant: string }
  /** Every token that an account was given until then. */
  | { readonly kind: 'account-disabled' | 'account-purged' | 'account-enabled'; readonly accountId: string }
  /** Every token that a client was given for itself, in this tenant, until then. */
  | { readonly kind: 'client-disabled' | 'client-enabled'; readonly clientId: string; readonly tenantId: string }
  /** Every token that was signed with this key. */
  | { readonly kind: 'signing-key-withdrawn'; readonly kid: string };

export type RevocationKind = RevocationEvent['kind'];

/** An event with its place in time. */
export interface ToldRevocation {
  /** UUIDv7. */
  readonly id: string;
  /** Epoch seconds, rounded up: whoever was given a token in that very second may have been given it afterwards. */
  readonly at: number;
  /** Seconds after which no token that it concerns is alive. */
  readonly lifeSeconds: number;
  readonly event: RevocationEvent;
}

/**
 * How far somebody has heard the feed: the number of the last event, and its id. The id tells a history from another one with the same
 * numbers, such as that of a database that was restored.
 */
export interface FeedPosition {
  readonly sequence: number;
  readonly id: string;
}

export const formatPosition = ({ sequence, id }: FeedPosition): string => `${sequence}.${id}`;

const POSITION = /^(0|[1-9]\d{0,14})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** @returns undefined for a text that is no position */
export const parsePosition = (text: string): FeedPosition | undefined => {
  const [, sequence, id] = POSITION.exec(text) ?? [];
  return sequence === undefined || id === undefined ? undefined : { sequence: Number(sequence), id };
};
