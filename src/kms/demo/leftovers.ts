import type { Database, Databases } from '#infra/database/databases.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import { isSchemaName } from '#kms/tenants/tenant.ts';
import { untilNothingIsPrepared } from './prepared-tenants.ts';
import { deleteAccounts, deleteTenants, latestReset, setResetState } from './demo.store.ts';

/**
 * At start, before anything is served: settles what an interrupted seed or reset left, in favour of the data in use. Tenants that
 * were being prepared go, a pending reset is committed, databases that no tenant names are deleted.
 */
export const removeLeftovers = async (options: {
  readonly databases: Databases;
  readonly service: Database<ServiceTables>;
  readonly barrier: Pick<Barrier, 'dropTenantKey'>;
  readonly emit: Emit;
  readonly now: () => number;
}): Promise<void> => {
  const { databases, service, barrier, emit, now } = options;
  // Two processes never share SQLite files, so there what is being prepared was left behind.
  if (databases.kind === 'postgres') await untilNothingIsPrepared(service, now);
  const tenants = await service.transaction(async (tx) => {
    const latest = await latestReset(tx);
    if (latest?.state === 'pending') await setResetState(tx, latest.id, 'committed');
    await deleteAccounts(tx, 'retired');
    const rows = await tx.selectFrom('kms_tenants').select('id').where('demo', '=', 1).where('state', '!=', 'active').execute();
    const ids = rows.map((row) => row.id);
    await deleteTenants(tx, ids);
    for (const id of ids) await barrier.dropTenantKey(tx, id);
    return ids.length;
  });

  const named = new Set((await service.db.selectFrom('kms_tenants').select('schema_name').execute()).map((row) => row.schema_name));
  const orphans = (await databases.names()).filter((name) => isSchemaName(name) && !named.has(name));
  for (const orphan of orphans) await databases.drop(orphan);
  if (tenants + orphans.length > 0) emit({ type: 'leftovers-removed', tenants, databases: orphans.length });
};
