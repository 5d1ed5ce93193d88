import type { Kysely } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';

/**
 * Watches the wall clock, by which keys are destroyed and tenants removed: a clock that jumps forward would end at once what has weeks to
 * live. Each look is on the disk, so a jump is seen across restarts and between replicas, too. From a jump on, or from a start after more
 * than a day without a look, which cannot be told from one, the clock is believed again when it has gone on for a day. Who sets it right
 * within that day has lost nothing.
 */
export interface ClockWatch {
  /** Looks at the clock. @returns epoch milliseconds at which it will be believed; null where it is */
  doubtfulUntil(): Promise<number | null>;
}

/** The end of a sentence about what waits. */
export const byDoubtfulClock = (until: number): string =>
  `although the time has come, by a clock that is not believed before ${new Date(until).toISOString()}; set it right until then where it is wrong`;

const DAY_MS = 86_400_000;
/** Clocks of replicas differ a little, and one that runs ahead is set back. */
const MAX_BACK_MS = 5 * 60_000;

/** @param options.now epoch milliseconds */
export const createClockWatch = ({ db, now }: { readonly db: Kysely<ServiceTables>; readonly now: () => number }): ClockWatch => ({
  doubtfulUntil: async () => {
    const at = now();
    const last = await db.selectFrom('kms_clock_looks').select(['seen_at', 'steady_since']).executeTakeFirst();
    const isExpected = last !== undefined && at - last.seen_at <= DAY_MS && last.seen_at - at <= MAX_BACK_MS;
    const look = { seen_at: at, steady_since: isExpected ? last.steady_since : at };
    await db
      .insertInto('kms_clock_looks')
      .values({ id: 1, ...look })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(look))
      .execute();
    const believedAt = look.steady_since + DAY_MS;
    return at >= believedAt ? null : believedAt;
  },
});
