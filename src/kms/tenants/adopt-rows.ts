import type { Transaction } from 'kysely';
import type { Database, Databases } from '#infra/database/databases.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { tenantMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Emit } from '#kms/events.ts';
import { type RowIntegrity, rowsNotAdopted, type TenantRows } from '#kms/integrity/row-integrity.ts';

const LOCK = 'kms-adopt-rows';

/** The rows of the service database, and where the databases of the tenants lie. */
const tagService = async (tx: Transaction<ServiceTables>, rows: Pick<RowIntegrity, 'of'>) => {
  const tenants = await tx.selectFrom('kms_tenants').selectAll().execute();
  for (const row of tenants) {
    await tx
      .updateTable('kms_tenants')
      .set(rows.of(row.id).next('kms_tenants', row, {}))
      .where('id', '=', row.id)
      .execute();
  }
  const users = await tx.selectFrom('kms_realm_users').selectAll().execute();
  for (const row of users) {
    await tx
      .updateTable('kms_realm_users')
      .set(rows.of(row.tenant_id).next('kms_realm_users', row, {}))
      .where('id', '=', row.id)
      .execute();
  }
  return { tenants, users: users.length };
};

const tagTenant = async (tx: Transaction<TenantTables>, rows: TenantRows): Promise<number> => {
  const keys = await tx.selectFrom('elastic_keys').selectAll().execute();
  for (const row of keys)
    await tx
      .updateTable('elastic_keys')
      .set(rows.next('elastic_keys', row, {}))
      .where('id', '=', row.id)
      .execute();
  for (const row of await tx.selectFrom('material_keys').selectAll().execute()) {
    await tx
      .updateTable('material_keys')
      .set(rows.next('material_keys', row, {}))
      .where('id', '=', row.id)
      .execute();
  }
  return keys.length;
};

/**
 * Gives a tag to every row of databases from before rows were authenticated, once: the header of the intermediate key says from then
 * on that a row without a tag is nobody's. A crash on the way leaves everything to be adopted again.
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
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly allowed: boolean;
  readonly emit: Emit;
}): Promise<void> => {
  const { databases, service, barrier, rows, allowed, emit } = options;
  if (!(await barrier.rowsToAdopt())) return;
  await using lock = await databases.lock(LOCK);
  // Another replica may have done it meanwhile.
  if (!(await barrier.rowsToAdopt())) return;
  if (!allowed) throw rowsNotAdopted();
  const { tenants, users } = await service.transaction((tx) => tagService(tx, rows));
  let keys = 0;
  for (const { id, schema_name: name, state } of tenants) {
    // The sweep removes what an interrupted run was preparing.
    if (state === 'preparing') continue;
    await using database = await databases.open<TenantTables>(name, tenantMigrations, { create: false });
    keys += await database.transaction((tx) => tagTenant(tx, rows.of(id)));
  }
  lock.lost.throwIfAborted();
  await barrier.rowsAdopted();
  emit({ type: 'rows-adopted', tenants: tenants.length, users, keys });
};
