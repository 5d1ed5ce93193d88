import type { Kysely } from 'kysely';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';

/** Every table of a tenant whose column `wrapped` holds secrets under his content key; a test finds one that is missing here. */
export const WRAPPED_TABLES = ['material_keys', 'transport_keys'] as const;
export type WrappedTable = (typeof WRAPPED_TABLES)[number];

/** A secret where it stands. */
export interface WrappedRow {
  readonly id: string;
  readonly wrapped: string;
}

/**
 * Secrets under content keys, whatever they are for.
 *
 * @param db the database of the tenant
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write; `sealed` 503
 */
export const wrappedRowsStore = (db: Kysely<TenantTables>, rows: TenantRows, table: WrappedTable) => ({
  /** In the order of their ids, after one of them; rows whose secret was destroyed are left out. Nothing of them is checked here. */
  after: (id: string, limit: number): Promise<readonly WrappedRow[]> =>
    db.selectFrom(table).select(['id', 'wrapped']).where('id', '>', id).where('wrapped', '!=', '').orderBy('id').limit(limit).execute(),

  /**
   * Puts a secret that was wrapped anew in the place of the one that was read, where that is still there: one that was destroyed
   * meanwhile does not come back.
   *
   * @returns whether it did
   */
  replace: async ({ id, wrapped: before }: WrappedRow, wrapped: string): Promise<boolean> => {
    const changed = await rows.put(table, db, async (tx) => {
      const query = tx.selectFrom(table).selectAll().where('id', '=', id).limit(1);
      const after = await changeRow({
        read: async () => (await rows.read(table, tx, () => query.execute(), { id }))[0],
        change: (row) => (row.wrapped === before ? rows.next(table, row, { wrapped }) : undefined),
        write: (next, revision) =>
          tx
            .updateTable(table)
            .set({ wrapped: next.wrapped, row_revision: next.row_revision, row_tag: next.row_tag })
            .where('id', '=', id)
            .where('row_revision', '=', revision)
            .executeTakeFirstOrThrow(),
      });
      return after === undefined ? [] : [after];
    });
    return changed.length > 0;
  },
});
