import type { Database, Databases } from '#infra/database/databases.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from './directory.ts';
import { leasesEnded } from './leases.ts';
import type { TenantLifeCycle } from './life-cycle.ts';
import { tenantsStore } from './tenants.store.ts';

/**
 * Removes what interrupted runs left: tenants in preparation, and databases of tenants that were removed. A database that no row
 * names stays, with a warning, because it may be that of a tenant whose row was lost.
 *
 * To be called at a start, before anything is served, under the lock of those who prepare tenants.
 *
 * @param options.service its transactions are rolled back when that lock is lost
 */
export const sweepTenants = async (options: {
  readonly databases: Databases;
  readonly service: Database<ServiceTables>;
  readonly rows: Rows;
  readonly tenants: Pick<TenantDirectory, 'drop'>;
  readonly lifeCycle: Pick<TenantLifeCycle, 'remove'>;
  readonly emit: Emit;
}): Promise<void> => {
  const { databases, service, rows, tenants, lifeCycle, emit } = options;
  const store = tenantsStore(service.db, rows);
  const left = await service.transaction(async (tx) => {
    const preparing = await tenantsStore(tx, rows).inState('preparing');
    for (const tenant of preparing) await lifeCycle.remove(tx, tenant);
    return preparing.length;
  });

  const toDrop = await store.databasesToDrop();
  if (toDrop.length > 0) await leasesEnded(databases.kind);
  for (const schemaName of toDrop) await tenants.drop(schemaName);
  if (left + toDrop.length > 0) emit({ type: 'leftovers-removed', tenants: left, databases: toDrop.length });

  // In this order: a tenant's row is there before its database.
  const found = (await databases.names()).filter(isSchemaName);
  const named = new Set((await store.schemaNames()).values());
  const unnamed = found.filter((name) => !named.has(name));
  if (unnamed.length > 0) emit({ type: 'databases-unnamed', names: unnamed });
};
