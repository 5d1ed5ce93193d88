import type { Transaction } from 'kysely';
import type { Database, Databases } from '#infra/database/databases.ts';
import type { DemoLocks } from '#infra/demo-data/demo-locks.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { leasesEnded } from '#kms/tenants/leases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { TenantState } from '#kms/tenants/tenant.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import { deleteAccounts, deleteTenants, latestReset, setResetState } from './demo.store.ts';

interface Leftovers {
  readonly databases: Databases;
  readonly service: Database<ServiceTables>;
  readonly barrier: Pick<Barrier, 'dropTenantKey'>;
  readonly locks: DemoLocks;
  readonly emit: Emit;
}

/**
 * At start, before anything is served: settles what an interrupted seed or reset left, in favour of the data in use. Tenants that
 * were being prepared go, databases of deleted tenants are dropped, and a pending reset is committed where the process
 * that began it is gone. What a living replica is at is waited for, and a reset that it answers for is left alone.
 *
 * @throws AppError `database-busy` 503 when another replica changes the demo for longer than a minute
 */
export const removeLeftovers = (options: Leftovers): Promise<void> =>
  options.locks.exclusively(async () => {
    const { databases, service, emit, locks } = options;
    const { transaction } = locks.guard(service);
    const latest = await latestReset(service.db);
    const isPending = latest?.state === 'pending';
    const isAlive = isPending && (await locks.hasOwner(latest.id));
    const tenants = await transaction(async (tx) => {
      if (isAlive) return deleteInState(tx, options.barrier, ['preparing']);
      if (isPending) await setResetState(tx, latest.id, 'committed');
      await deleteAccounts(tx, 'retired');
      return deleteInState(tx, options.barrier, ['preparing', 'retired']);
    });

    const store = tenantsStore(service.db);
    const toDrop = await store.databasesToDrop();
    if (toDrop.length > 0) await leasesEnded(databases.kind);
    for (const name of toDrop) {
      await databases.drop(name);
      await store.databaseDropped(name);
    }
    if (tenants + toDrop.length > 0) emit({ type: 'leftovers-removed', tenants, databases: toDrop.length });

    // In this order: a tenant's row is there before its database.
    const found = (await databases.names()).filter(isSchemaName);
    const named = new Set((await store.schemaNames()).values());
    const unnamed = found.filter((name) => !named.has(name));
    if (unnamed.length > 0) emit({ type: 'databases-unnamed', names: unnamed });
  });

/** @returns how many there were */
const deleteInState = async (
  tx: Transaction<ServiceTables>,
  barrier: Leftovers['barrier'],
  states: readonly TenantState[],
): Promise<number> => {
  const rows = await tx.selectFrom('kms_tenants').select('id').where('demo', '=', 1).where('state', 'in', states).execute();
  const ids = rows.map((row) => row.id);
  await deleteTenants(tx, ids);
  for (const id of ids) await barrier.dropTenantKey(tx, id);
  return ids.length;
};
