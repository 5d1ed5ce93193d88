import type { Database, Databases } from '#infra/database/databases.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import { isSchemaName } from '#kms/tenants/tenant.ts';
import { deleteAccounts, deleteTenants, latestReset, setResetState } from './demo.store.ts';

/** On PostgreSQL another replica may be preparing tenants at this moment; after this many milliseconds it is not. */
const PREPARING_MS = 10 * 60_000;

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
  const tenants = await service.transaction(async (tx) => {
    const latest = await latestReset(tx);
    if (latest?.state === 'pending') await setResetState(tx, latest.id, 'committed');
    await deleteAccounts(tx, 'retired');
    const preparedBefore = databases.kind === 'sqlite' ? Number.MAX_SAFE_INTEGER : now() - PREPARING_MS;
    const rows = await tx
      .selectFrom('kms_tenants')
      .select('id')
      .where('demo', '=', 1)
      .where((or) => or.or([or('state', '=', 'retired'), or.and([or('state', '=', 'preparing'), or('created_at', '<', preparedBefore)])]))
      .execute();
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
