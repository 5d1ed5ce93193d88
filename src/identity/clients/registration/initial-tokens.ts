import type { Transaction } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';

/** A token by which programs register clients, as operators see it; never the token. Times are epoch milliseconds. */
export interface InitialToken {
  /** UUIDv7. */
  readonly id: string;
  readonly note: string;
  /** All that its clients may ask for. */
  readonly scopes: readonly string[];
  /** How many clients it registers still. */
  readonly usesLeft: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Initial access tokens. Kept as hashes: each is shown once. @see RFC 7591 section 1.2 */
export interface InitialTokens {
  /** @param wanted.lifeMs milliseconds */
  create(wanted: {
    readonly note: string;
    readonly scopes: readonly string[];
    readonly uses: number;
    readonly lifeMs: number;
  }): Promise<InitialToken & { readonly token: string }>;
  /** Those that register clients still, the newest first, at most a hundred. */
  list(): Promise<readonly InitialToken[]>;
  /** @throws AppError `initial-token-unknown` 404 */
  remove(id: string): Promise<void>;
  /** @returns undefined for a token that is unknown, has ended, or is used up */
  find(token: string): Promise<InitialToken | undefined>;
  /** Takes one use, in the transaction that makes the client. @returns whether there was one: of two at once one gets the last */
  spend(tx: Transaction<IdentityTables>, id: string): Promise<boolean>;
  /** Forgets those that have ended. @returns the number of rows */
  sweep(): Promise<number>;
}
