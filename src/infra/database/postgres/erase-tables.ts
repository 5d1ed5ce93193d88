import { type Client, escapeIdentifier } from 'pg';
import { describeError } from '../common/errors.ts';
import { allowAnswer, ANSWER_MARGIN_MS } from './answer-limit.ts';
import { olderTransactionsEnded } from './older-transactions.ts';

/** Milliseconds that the lock of a table is waited for: whoever comes later waits behind us as long. */
const LOCK_WAIT_MS = 1_000;
/** Milliseconds that a table may take; one that can never be done would be begun again and again. */
const WORK_MS = 10 * 60_000;

/**
 * Writes tables anew, one after the other, over a connection that has limits of its own and is none of the pool.
 *
 * @throws AppError `erasure-held-up` 503 where a transaction from before stays open, `database-busy` 503 where the lock of a table was not to be had
 */
export const eraseTables = async (
  connect: (limits: { readonly lock_timeout: number; readonly statement_timeout: number }) => Promise<Client>,
  { schema, tables }: { readonly schema: string; readonly tables: readonly string[] },
): Promise<void> => {
  try {
    const client = await connect({ lock_timeout: LOCK_WAIT_MS, statement_timeout: WORK_MS });
    try {
      allowAnswer(client, WORK_MS + ANSWER_MARGIN_MS);
      await olderTransactionsEnded(client);
      for (const table of tables) await client.query(`vacuum (full) ${escapeIdentifier(schema)}.${escapeIdentifier(table)}`);
    } finally {
      await client.end();
    }
  } catch (error) {
    throw describeError(error, schema);
  }
};
