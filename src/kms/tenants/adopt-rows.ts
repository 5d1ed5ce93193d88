import type { Transaction } from 'kysely';
import type { Database, Databases } from '#infra/database/databases.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { RowsToAdopt } from '#kms/barrier/hierarchy/hierarchy.ts';
import { tenantMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Emit } from '#kms/events.ts';
import { type Rows, rowsNotAdopted, type TenantRows } from '#kms/integrity/row-integrity.ts';
import type { TaggedTable, TaggedTables } from '#kms/integrity/tagged-tables.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';

const LOCK = 'kms-adopt-rows';

/** How a row gets into the ledger: with the tag that it has, or with its first one. */
type Adopt = <T extends TaggedTable>(table: T, row: TaggedTables[T], rows: TenantRows) => TaggedTables[T];

const ADOPT: Readonly<Record<RowsToAdopt, Adopt>> = {
  untagged: (table, row, rows) => rows.next(table, row, {}),
  tagged: (table, row, rows) => rows.checked(table, row, {}),
};

/** The rows of the service database, and where the databases of the tenants lie. */
const adoptService = async (tx: Transaction<ServiceTables>, rows: Rows, adopt: Adopt) => {
  await rows.service.begin(tx);
  const tenants = await rows.service.put('kms_tenants', tx, async () => {
    const found = await tx.selectFrom('kms_tenants').selectAll().execute();
    const adopted = found.map((row) => adopt('kms_tenants', row, rows.of(row.id)));
    for (const row of adopted) await tx.updateTable('kms_tenants').set(row).where('id', '=', row.id).execute();
    return adopted;
  });
  const users = await rows.service.put('kms_realm_users', tx, async () => {
    const found = await tx.selectFrom('kms_realm_users').selectAll().execute();
    const adopted = found.map((row) => adopt('kms_realm_users', row, rows.of(row.tenant_id)));
    for (const row of adopted) await tx.updateTable('kms_realm_users').set(row).where('id', '=', row.id).execute();
    return adopted;
  });
  return { tenants, users: users.length };
};

const adoptTenant = async (tx: Transaction<TenantTables>, rows: TenantRows, adopt: Adopt): Promise<number> => {
  await rows.begin(tx);
  const keys = await rows.put('elastic_keys', tx, async () => {
    const found = await tx.selectFrom('elastic_keys').selectAll().execute();
    const adopted = found.map((row) => adopt('elastic_keys', row, rows));
    for (const row of adopted) await tx.updateTable('elastic_keys').set(row).where('id', '=', row.id).execute();
    return adopted;
  });
  await rows.put('material_keys', tx, async () => {
    const found = await tx.selectFrom('material_keys').selectAll().execute();
    const adopted = found.map((row) => adopt('material_keys', row, rows));
    for (const row of adopted) await tx.updateTable('material_keys').set(row).where('id', '=', row.id).execute();
    return adopted;
  });
  return keys.length;
};

/**
 * Gives a tag to every row of databases from before rows were authenticated, and lists it, once: the header of the intermediate key says
 * from then on that a row without a tag, or one that is not listed, is nobody's. A crash on the way leaves everything to be adopted again.
 *
 * To be called at a start, before any row is read. No process of an older version may run: what it writes has no tag.
 *
 * @param options.allowed whether the operator says that these rows are his
 * @throws AppError `rows-not-adopted` 503 where he does not; `database-missing`, `database-corrupt` 503 for a database of a tenant,
 *   which has to be restored first
 */
export const adoptRows = async (options: {
  readonly databases: Databases;
  readonly service: Database<ServiceTables>;
  readonly barrier: Pick<Barrier, 'rowsToAdopt' | 'rowsAdopted'>;
  readonly rows: Rows;
  readonly allowed: boolean;
  readonly emit: Emit;
}): Promise<void> => {
  const { databases, service, barrier, rows, allowed, emit } = options;
  if ((await barrier.rowsToAdopt()) === null) return;
  await using lock = await databases.lock(LOCK);
  // Another replica may have done it meanwhile.
  const due = await barrier.rowsToAdopt();
  if (due === null) return;
  if (!allowed) throw rowsNotAdopted();
  const adopt = ADOPT[due];
  const { tenants, users } = await withLedger(service, rows.service).transaction((tx) => adoptService(tx, rows, adopt));
  let keys = 0;
  for (const { id, schema_name: name, state } of tenants) {
    // The sweep removes what an interrupted run was preparing.
    if (state === 'preparing') continue;
    await using database = await databases.open<TenantTables>(name, tenantMigrations, { create: false });
    keys += await withLedger(database, rows.of(id)).transaction((tx) => adoptTenant(tx, rows.of(id), adopt));
  }
  lock.lost.throwIfAborted();
  await barrier.rowsAdopted();
  emit({ type: 'rows-adopted', tenants: tenants.length, users, keys });
};
