import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { Turn } from '#kms/idempotency/idempotency.ts';

/** The answer to a commit was lost, or the commit failed: the caller learns the cause. */
export class CommitUnanswered extends Error {
  override readonly name = 'CommitUnanswered';
}

/**
 * The transaction of a change: with the turn of its idempotency key, where there is one, change and answer are stored together or not at
 * all.
 *
 * @throws CommitUnanswered where everything was written, and nobody knows whether it holds; else what `write` throws
 */
export const commit = async <A, Tables, About>(
  database: Pick<Database<Tables>, 'transaction'>,
  change: {
    readonly turn: Turn<Tables, About> | null;
    /** What the change is about. */
    readonly about: About;
    readonly write: (tx: Transaction<Tables>) => Promise<A>;
  },
): Promise<A> => {
  const { turn, about, write } = change;
  let isWritten = false;
  return database
    .transaction(async (tx) => {
      await turn?.claim(tx);
      const answer = await write(tx);
      await turn?.remember(tx, { answer, target: about });
      isWritten = true;
      return answer;
    })
    .catch((error: unknown) => {
      throw isWritten ? new CommitUnanswered('the commit was not answered', { cause: error }) : error;
    });
};
