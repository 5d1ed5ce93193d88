import { setImmediate } from 'node:timers/promises';
import type { Job } from '#infra/jobs/job.ts';
import type { RevocationFeed } from './revocations.ts';

const PERIOD_MS = 60_000;
/** In one round: SQLite does nothing else meanwhile. */
const ROUND_ROWS = 500;

/** Forgets revocations that concern no token any more, once a minute and then all of them. Replicas need no lock: no two take one row. */
export const forgetRevocations = (feed: Pick<RevocationFeed, 'forget'>): Job => ({
  name: 'forget-revocations',
  periodMs: PERIOD_MS,
  run: async (signal) => {
    while (!signal.aborted && (await feed.forget(ROUND_ROWS)) >= ROUND_ROWS) await setImmediate();
  },
});
