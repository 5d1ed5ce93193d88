import type { Database } from '#infra/database/databases.ts';
import type { FeedPosition, RevocationEvent } from '#infra/security-events/revocation-event.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { RevocationFeed } from './revocations.ts';

/** Rows that get their numbers in one transaction. */
const ROUND_ROWS = 500;

/** @param options.now epoch milliseconds */
export const createRevocationFeed = (options: {
  readonly database: Database<IdentityTables>;
  readonly now: () => number;
}): RevocationFeed => {
  const { database, now } = options;
  const { db, kind } = database;

  const head = async (): Promise<FeedPosition> => {
    const { seq, id } = await db.selectFrom('revocation_head').select(['seq', 'id']).executeTakeFirstOrThrow();
    return { sequence: seq, id };
  };

  /** Replicas take turns, by the row of the head. @returns whether there may be more */
  const numberSome = (): Promise<boolean> =>
    database.transaction(async (tx) => {
      const newest = tx.selectFrom('revocation_head').select('seq');
      const { seq } = await (kind === 'postgres' ? newest.forUpdate() : newest).executeTakeFirstOrThrow();
      const rows = await tx.selectFrom('revocations').select('id').where('seq', 'is', null).orderBy('written').limit(ROUND_ROWS).execute();
      const last = rows.at(-1);
      if (last === undefined) return false;
      for (const [index, { id }] of rows.entries())
        await tx
          .updateTable('revocations')
          .set({ seq: seq + index + 1 })
          .where('id', '=', id)
          .execute();
      await tx
        .updateTable('revocation_head')
        .set({ seq: seq + rows.length, id: last.id })
        .execute();
      return rows.length === ROUND_ROWS;
    });

  return {
    advance: async () => {
      const waiting = await db.selectFrom('revocations').select('written').where('seq', 'is', null).limit(1).executeTakeFirst();
      if (waiting !== undefined) while (await numberSome());
      return head();
    },

    knows: async ({ sequence, id }) => {
      const newest = await head();
      if (sequence >= newest.sequence) return sequence === newest.sequence && id === newest.id;
      const row = await db.selectFrom('revocations').select('id').where('seq', '=', sequence).executeTakeFirst();
      return row?.id === id;
    },

    between: async ({ from, to, limit }, audiences) => {
      const rows = await db
        .selectFrom('revocations')
        .selectAll()
        .where('seq', '>', from)
        .where('seq', '<=', to)
        .where((eb) => eb.or([eb('audience', 'is', null), eb('audience', 'in', audiences)]))
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map(({ id, event, at, ends_at: endsAt, seq }) => ({
        id,
        sequence: seq ?? 0,
        at: Math.ceil(at / 1000),
        lifeSeconds: Math.max(0, Math.ceil((endsAt - at) / 1000)),
        event: JSON.parse(event) as RevocationEvent,
      }));
    },

    // Rows that another replica has in hand are left for the next time.
    forget: async (limit) => {
      const { numDeletedRows } = await db
        .deleteFrom('revocations')
        .where('written', 'in', (eb) => {
          const over = eb.selectFrom('revocations').select('written').where('ends_at', '<=', now()).limit(limit);
          return kind === 'postgres' ? over.forUpdate().skipLocked() : over;
        })
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
};
