import { setImmediate } from 'node:timers/promises';
import type { Job } from '#infra/jobs/job.ts';
import type { PayloadStore } from './payloads.ts';

const PERIOD_MS = 60_000;
/** Of each table in one round: SQLite does nothing else meanwhile. */
const ROUND_ROWS = 500;

/**
 * Removes what has expired, once a minute and then all of it: anyone may leave interactions behind, many more in a minute than
 * one round removes. Requests have their turn between the rounds. Replicas need no lock: each round leaves the rows that another
 * has in hand.
 */
export const sweepExpired = (store: Pick<PayloadStore, 'sweep'>): Job => ({
  name: 'sweep-expired-tokens',
  periodMs: PERIOD_MS,
  run: async (signal) => {
    while (!signal.aborted && (await store.sweep(ROUND_ROWS)) >= ROUND_ROWS) await setImmediate();
  },
});
