/** A person or service that can log in; the password is not part of it. */
export interface Account {
  /** UUIDv7; the `sub` of every token. */
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  /** UUIDv4. */
  readonly tenantId: string;
  readonly roles: readonly string[];
  /** Fine scopes beyond those of the roles. */
  readonly permissions: readonly string[];
}

/** An account as tokens and userinfo show it. */
export interface AccountClaims {
  /** UUIDv7; the `sub` of every token. */
  readonly accountId: string;
  /** UUIDv4. */
  readonly tenantId: string;
  readonly username: string;
  readonly roles: readonly string[];
  /** Every scope of every resource server that the account may be granted, coarse and fine; see `grantableScopesOfRoles`. */
  readonly scopes: readonly string[];
  readonly name?: string;
  readonly email?: string;
}

/** Longest user name, in characters; no account has a longer one. */
export const MAX_USERNAME = 256;
