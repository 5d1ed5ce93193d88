import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Sessions } from './session.ts';

const LOCK = 'kms-forget-sessions';

/**
 * Removes the sessions that are over and that nobody asked for since.
 *
 * @param options.isReadable false while the barrier is sealed
 */
export const forgetSessions = (options: {
  readonly sessions: Pick<Sessions, 'removeExpired'>;
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly isReadable: () => boolean;
}): Job => ({
  name: 'forget-browser-sessions',
  periodMs: 10 * 60_000,
  tryLock: () => options.locks.tryLock(LOCK),
  run: async () => {
    if (options.isReadable()) await options.sessions.removeExpired();
  },
});
