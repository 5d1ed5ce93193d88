import type { Kysely } from 'kysely';
import type { BrowserSessionRow } from '#kms/database/browser-sessions.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { Untagged } from '#kms/integrity/tagged-tables.ts';

const TABLE = 'kms_browser_sessions';

/**
 * Queries on `kms_browser_sessions`. Several of them are atomic only within a transaction.
 *
 * @param db the service database, or a transaction on it
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write; `sealed` 503
 */
export const sessionStore = (db: Kysely<ServiceTables>, rows: Rows) => {
  const remove = async (ids: readonly string[]): Promise<number> => {
    if (ids.length === 0) return 0;
    const removed = await rows.service.remove(TABLE, db, async (tx) => {
      const gone = await tx
        .deleteFrom(TABLE)
        .where('id', 'in', [...ids])
        .returning('id')
        .execute();
      return gone.map(({ id }) => id);
    });
    return removed.length;
  };
  return {
    byId: async (id: string): Promise<BrowserSessionRow | undefined> => {
      const query = db.selectFrom(TABLE).selectAll().where('id', '=', id).limit(1);
      return (await rows.service.read(TABLE, db, () => query.execute(), { id }))[0];
    },

    insert: async (row: Untagged<typeof TABLE>): Promise<void> => {
      const made = rows.of(row.tenant_id).first(TABLE, row);
      await rows.service.put(TABLE, db, async (tx) => {
        await tx.insertInto(TABLE).values(made).execute();
        return [made];
      });
    },

    /** Notes when it was used last; nothing where it is gone. @param at epoch milliseconds */
    used: async (id: string, at: number): Promise<void> => {
      await rows.service.put(TABLE, db, async (tx) => {
        const query = tx.selectFrom(TABLE).selectAll().where('id', '=', id).limit(1);
        const changed = await changeRow({
          read: async () => (await rows.service.read(TABLE, tx, () => query.execute(), { id }))[0],
          change: (before) => rows.of(before.tenant_id).next(TABLE, before, { last_used_at: at }),
          write: (after, revision) =>
            tx.updateTable(TABLE).set(after).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
        });
        return changed === undefined ? [] : [changed];
      });
    },

    /** Ids of the oldest sessions of a user, so that `keep` are left, this one among them. */
    beyond: async (
      { id, issuer, subject }: Pick<BrowserSessionRow, 'id' | 'issuer' | 'subject'>,
      keep: number,
    ): Promise<readonly string[]> => {
      const found = await db
        .selectFrom(TABLE)
        .select('id')
        .where('subject', '=', subject)
        .where('issuer', issuer === null ? 'is' : '=', issuer)
        .where('id', '<>', id)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute();
      return found.slice(keep - 1).map((row) => row.id);
    },

    remove,

    /** Removes up to `limit` of those whose end is over, or that were not used since. @returns how many */
    removeOver: async (over: { readonly now: number; readonly unusedSince: number; readonly limit: number }): Promise<number> => {
      const found = await db
        .selectFrom(TABLE)
        .select('id')
        .where((row) => row.or([row('expires_at', '<=', over.now), row('last_used_at', '<=', over.unusedSince)]))
        .limit(over.limit)
        .execute();
      return remove(found.map(({ id }) => id));
    },
  };
};
