/** One state of oidc-provider: session, interaction, grant, code or token. Times are milliseconds since the epoch. */
export interface OidcPayloadTable {
  model: string;
  /** SHA-256 of the id, base64url: for an opaque token the id is the token itself, and a dump must not hold it. */
  id_hash: string;
  /** SHA-256 of the grant's id; the family that is revoked together. */
  grant_hash: string | null;
  uid_hash: string | null;
  user_code_hash: string | null;
  account_id: string | null;
  client_id: string | null;
  /** JSON without the id. */
  payload: string;
  expires_at: number | null;
  consumed_at: number | null;
}

/** A JWT access token that was revoked before its end. */
export interface RevokedTokenTable {
  jti: string;
  /** Milliseconds since the epoch; the row is swept after it. */
  expires_at: number;
}
