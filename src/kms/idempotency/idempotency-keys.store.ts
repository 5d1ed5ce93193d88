import type { Kysely } from 'kysely';
import type { IdempotencyKeyRow, IdempotencyTables } from '#kms/database/idempotency-keys.table.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';

/**
 * Queries on `idempotency_keys`; each is one statement.
 *
 * @param own the database of a tenant or of the service, or a transaction on it
 */
export const idempotencyKeysStore = <Tables extends IdempotencyTables>(own: Kysely<Tables>) => {
  // Its other tables are nothing to these queries; Kysely has no type for that.
  const db = own as unknown as Kysely<IdempotencyTables>;
  return {
    /** @throws AppError `row-damaged` 503 for a row that the KMS did not write there */
    byId: async (id: string, rows: Pick<TenantRows, 'checked'>): Promise<IdempotencyKeyRow | undefined> => {
      const row = await db.selectFrom('idempotency_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row && rows.checked('idempotency_keys', row, { id });
    },

    /**
     * Holds the place of a row until the end of the transaction. Where another transaction holds it, this waits for its end.
     *
     * @param now epoch milliseconds
     * @returns false where a row is there that is not over
     */
    hold: async (id: string, now: number): Promise<boolean> => {
      const empty = { fingerprint: '', target: '', answer: '', expires_at: now, row_revision: 0, row_tag: null };
      const { numInsertedOrUpdatedRows: held } = await db
        .insertInto('idempotency_keys')
        .values({ id, ...empty })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(empty).where('idempotency_keys.expires_at', '<=', now))
        .executeTakeFirstOrThrow();
      return held === 1n;
    },

    /** Fills a place that this transaction holds. */
    fill: async ({ id, ...row }: IdempotencyKeyRow): Promise<void> => {
      await db.updateTable('idempotency_keys').set(row).where('id', '=', id).execute();
    },

    /**
     * Those that are not over.
     *
     * @param now epoch milliseconds
     * @param prefix with which their ids begin; empty for all
     */
    count: async (now: number, prefix: string): Promise<number> => {
      const { count } = await db
        .selectFrom('idempotency_keys')
        .select(({ fn }) => fn.countAll().as('count'))
        .where('expires_at', '>', now)
        .$if(prefix !== '', (query) => query.where('id', 'like', `${prefix}%`))
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    /** Removes those that are over. @param now epoch milliseconds */
    removeExpired: async (now: number): Promise<void> => {
      await db.deleteFrom('idempotency_keys').where('expires_at', '<=', now).execute();
    },
  };
};
