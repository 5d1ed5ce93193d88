import type { Kysely } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Rows, ServiceTable, TenantTable } from '#kms/integrity/row-integrity.ts';
import type { TaggedTables } from '#kms/integrity/tagged-tables.ts';

/** Stands for any of the tables: all have a key of this name. */
type AnyTables = Kysely<{ readonly rows: { id: string } }>;

/** Writes rows of the service as the KMS does, with its ledger: a row that is there is replaced. */
export const writeServiceRows = async <T extends ServiceTable>(
  db: Kysely<ServiceTables>,
  rows: Rows,
  table: T,
  ...written: readonly TaggedTables[T][]
): Promise<void> => {
  await rows.service.put(table, db, async (tx) => {
    for (const row of written) {
      const of = tx as unknown as AnyTables;
      await of
        .deleteFrom(table as 'rows')
        .where('id', '=', row.id)
        .execute();
      await of
        .insertInto(table as 'rows')
        .values(row)
        .execute();
    }
    return written;
  });
};

/** The same of a tenant, for rows that are there already. */
export const writeTenantRow = async <T extends TenantTable>(
  db: Kysely<TenantTables>,
  rows: ReturnType<Rows['of']>,
  table: T,
  row: TaggedTables[T],
): Promise<void> => {
  await rows.put(table, db, async (tx) => {
    const of = tx as unknown as AnyTables;
    await of
      .updateTable(table as 'rows')
      .set(row)
      .where('id', '=', row.id)
      .execute();
    return [row];
  });
};
