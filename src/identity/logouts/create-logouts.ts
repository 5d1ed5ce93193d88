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
/** Requests to clients that are under way at once, and how many of them may be to one client: one that is slow keeps itself waiting alone. */
const [WIDTH, OF_ONE_CLIENT] = [32, 4];

interface UnderWay {
  readonly clientId: string;
  /** Never rejects. */
  readonly end: Promise<unknown>;
}

/** @param options.now epoch milliseconds */
export const createLogouts = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly emit: Emit;
  readonly now: () => number;
}): Logouts => {
  const { database, emit, now } = options;
  const { db } = database;
  let wake: (() => void) | null = null;
  /** Something was written down, or a client has answered, since the last look. */
  let changed = Promise.withResolvers<void>();

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
      changed.resolve();
    },
    job: (tell) => ({
      name: 'tell-logouts',
      periodMs: PERIOD_MS,
      onWake: (begin) => (wake = begin),
      run: async (signal) => {
        const underWay = new Set<UnderWay>();
        const failures: unknown[] = [];
        const begin = (one: TakenLogout): void => {
          const told = tellOne(tell, one).catch((error: unknown) => void failures.push(error));
          const end = told.finally(() => {
            underWay.delete(entry);
            changed.resolve();
          });
          const entry = { clientId: one.clientId, end };
          underWay.add(entry);
        };
        const roomFor = (clientId: string): number => OF_ONE_CLIENT - [...underWay].filter((one) => one.clientId === clientId).length;
        while (!signal.aborted && failures.length === 0) {
          changed = Promise.withResolvers();
          const busy = [...underWay].map(({ clientId }) => clientId).filter((clientId) => roomFor(clientId) === 0);
          const wanted = { limit: WIDTH - underWay.size, busy, roomFor };
          const taken = await takeLogouts(db, wanted, { now: now(), until: now() + TAKEN_MS });
          taken.forEach(begin);
          if (taken.length === 0 && underWay.size === 0) break;
          if (taken.length === 0 || underWay.size === WIDTH) await changed.promise;
        }
        await Promise.all([...underWay].map(({ end }) => end));
        if (failures.length > 0) throw failures[0];
      },
    }),
  };
};
