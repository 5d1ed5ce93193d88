import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { Emit } from '../events.ts';
import type { Logouts, TellLogout } from './logouts.ts';
import { forgetLogout, noteLogouts, putOffLogout, takeLogouts, type TakenLogout } from './logouts.store.ts';

const [SECOND_MS, MINUTE_MS] = [1_000, 60_000];

/** Milliseconds after each attempt that failed; after the last one nobody is asked any more. */
const PAUSES_MS = [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS];
/** How long one has taken log-outs for: far longer than an attempt may last. */
const TAKEN_MS = 30 * SECOND_MS;
/** How often a replica looks for log-outs that another wrote down, or that failed. */
const PERIOD_MS = 5 * SECOND_MS;
/** Clients that are asked at once. */
const ROUND = 32;

/** @param options.now epoch milliseconds */
export const createLogouts = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly emit: Emit;
  readonly now: () => number;
}): Logouts => {
  const { database, emit, now } = options;
  const { db } = database;
  let wake: (() => void) | null = null;

  const tellOne = async (tell: TellLogout, { id, attempts, ...logout }: TakenLogout): Promise<void> => {
    const answer = await tell(logout);
    if (answer === 'nobody') return forgetLogout(db, id);
    const { clientId } = logout;
    if (answer === 'told') {
      emit({ type: 'logout-told', clientId });
      return forgetLogout(db, id);
    }
    const pause = answer.refused ? undefined : PAUSES_MS[attempts - 1];
    emit({ type: 'logout-not-told', clientId, reason: pause === undefined ? 'given-up' : 'again-later', cause: answer.cause });
    return pause === undefined ? forgetLogout(db, id) : putOffLogout(db, id, now() + pause);
  };

  return {
    note: async (logout) => {
      await noteLogouts(db, [logout]);
      wake?.();
    },
    job: (tell) => ({
      name: 'tell-logouts',
      periodMs: PERIOD_MS,
      onWake: (begin) => (wake = begin),
      run: async (signal) => {
        while (!signal.aborted) {
          const taken = await takeLogouts(db, ROUND, { now: now(), until: now() + TAKEN_MS });
          await Promise.all(taken.map((one) => tellOne(tell, one)));
          if (taken.length < ROUND) return;
        }
      },
    }),
  };
};
