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
  /** Epoch milliseconds: log-ins before it count no more. Null where there was no such end. */
  readonly accessEndedAt: number | null;
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
  /** Epoch milliseconds: log-ins before it count no more. */
  readonly accessEndedAt?: number | null;
}

/**
 * Whether a log-in still counts. Sessions, grants and codes are deleted when an account is disabled or gets another password; this is for
 * the one that a request of that moment wrote once more.
 *
 * @param loggedInAt seconds since the epoch
 */
export const logInCounts = ({ accessEndedAt }: Pick<AccountClaims, 'accessEndedAt'>, loggedInAt: number | undefined): boolean =>
  accessEndedAt === undefined || accessEndedAt === null || (loggedInAt !== undefined && loggedInAt >= Math.floor(accessEndedAt / 1000));

/** Longest user name, in characters; no account has a longer one. */
export const MAX_USERNAME = 256;
