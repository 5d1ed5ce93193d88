import type { Transaction } from 'kysely';
import type { FeedPosition, RevocationEvent, ToldRevocation } from '#infra/security-events/revocation-event.ts';
import type { IdentityTables } from '#identity/database/tables.ts';

/**
 * The revocations that resource servers are told of. Whoever revokes writes them down in the transaction that revokes
 * (`revocation-log.ts`), so that none is lost by the end of a process; a replica that has somebody to tell numbers them once they are
 * committed (`revocation-feed.ts`), so that no number is ever seen after a higher one. `forget-revocations.ts` deletes what concerns no
 * token any more.
 */
export interface RevocationEntry {
  readonly event: RevocationEvent;
  /** The one audience that it concerns, of a token; absent where tokens of every audience may be. */
  readonly audience?: string;
  /** Epoch milliseconds at which the last token that it concerns ends by itself; the longest life of a token from now where absent. */
  readonly endsAt?: number;
}

export interface RevocationLog {
  /** Writes revocations down, in the caller's transaction; it takes no lock that another transaction could wait for. */
  record(tx: Transaction<IdentityTables>, entries: readonly RevocationEntry[]): Promise<void>;
}

/** A revocation with its number. */
export interface NumberedRevocation extends ToldRevocation {
  readonly sequence: number;
}

export interface RevocationFeed {
  /** Gives a number to each revocation that was committed and has none. @returns the position of the newest one */
  advance(): Promise<FeedPosition>;
  /** Whether a position is of the history that this database has, and not older than what it remembers. */
  knows(position: FeedPosition): Promise<boolean>;
  /**
   * Revocations with numbers above `from`, up to and including `to`, in order, for the tokens of these audiences.
   *
   * @returns at most `limit` of them; fewer only where there are no more
   */
  between(
    range: { readonly from: number; readonly to: number; readonly limit: number },
    audiences: readonly string[],
  ): Promise<readonly NumberedRevocation[]>;
  /** Deletes revocations of which every token has ended, at most `limit`. @returns the number of rows deleted */
  forget(limit: number): Promise<number>;
}
