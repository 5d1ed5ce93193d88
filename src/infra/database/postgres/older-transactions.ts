import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { AppError } from '#infra/apperr/app-error.ts';

/** Milliseconds that transactions from before are waited for; ours take far less. */
const LIMIT_MS = 5_000;
const PAUSE_MS = 50;

const heldUp = (): AppError =>
  new AppError(
    'erasure-held-up',
    503,
    'A transaction from before is still open on the PostgreSQL server, so what was deleted cannot go yet.',
    {
      fix: 'End what keeps it open (pg_stat_activity); it is tried again by itself.',
    },
  );

/**
 * Waits until nobody may see any more what was deleted before now: VACUUM FULL silently keeps what somebody may, and the snapshot that it
 * takes itself counts, too, which goes back to the oldest write under way in any database of the server.
 *
 * @throws AppError `erasure-held-up` 503 after five seconds
 */
export const olderTransactionsEnded = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ now: string }>('select pg_current_xact_id()::text as now');
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const { rows: found } = await client.query<{ ended: boolean }>(
      `select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 and not exists (
         select from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and age(backend_xmin) >= age($1::xid8::xid)) as ended`,
      [rows[0]?.now],
    );
    if (found[0]?.ended === true) return;
    if (performance.now() >= deadline) throw heldUp();
    await delay(PAUSE_MS);
  }
};
