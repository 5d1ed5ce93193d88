/** One that can log in; the password is not part of it. */
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

/** Longest user name, in characters; a longer one is nobody's. */
export const MAX_USERNAME = 256;
