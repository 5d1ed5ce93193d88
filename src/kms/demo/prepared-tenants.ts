import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { serviceCaller } from '#kms/caller.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { ElasticKeyService } from '#kms/keys/elastic-keys/elastic-key.ts';
import { newSchemaName } from '#kms/database/schema-name.ts';
import type { Tenant } from '#kms/tenants/tenant.ts';
import { type TenantDirectory, tenantUnknown } from '#kms/tenants/directory.ts';
import { type DemoTenants, tenantIdsUsed } from '#infra/demo-data/demo-tenants.ts';
import { deleteTenants, demoTenantsIn, insertPreparing } from './demo.store.ts';
import type { SeedElasticKey } from './seed-file.ts';

export interface PreparedTenantsOptions {
  readonly service: Database<ServiceTables>;
  readonly tenants: Pick<TenantDirectory, 'preparing' | 'forget' | 'drop'>;
  readonly barrier: Pick<Barrier, 'createTenantKey' | 'dropTenantKey' | 'forgetTenant'>;
  readonly elasticKeys: Pick<ElasticKeyService, 'create'>;
  readonly now: () => number;
}

/** Demo tenants written where nobody sees them yet: row, content key, database, elastic and material keys. */
export interface PreparedTenants {
  /** @throws AppError `demo-tenant-id-used` 409; whatever it throws, nothing of it is left */
  prepare(tenants: DemoTenants, keys: readonly SeedElasticKey[]): Promise<readonly Tenant[]>;
  /** Removes rows, content keys and databases of those that are not in use yet. */
  discard(tenants: readonly Tenant[]): Promise<void>;
}

export const createPreparedTenants = (options: PreparedTenantsOptions): PreparedTenants => {
  const { service, tenants: directory, barrier, elasticKeys, now } = options;

  const begin = async (name: string, id: string): Promise<Tenant> => {
    const tenant: Tenant = { id, name, schemaName: newSchemaName(), state: 'preparing', demo: true };
    await service
      .transaction(async (tx) => {
        await insertPreparing(tx, tenant, now());
        await barrier.createTenantKey(tx, id);
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? tenantIdsUsed([name], error) : error;
      });
    return tenant;
  };

  const fill = async (tenant: Tenant, keys: readonly SeedElasticKey[]): Promise<void> => {
    const handle = await directory.preparing(tenant.id);
    if (handle === undefined) throw tenantUnknown();
    // A tenant without keys has its database all the same.
    await handle.database();
    const seeder = serviceCaller(handle, 'demo-seed');
    for (const { name, algorithm, description } of keys) await elasticKeys.create(seeder, { name, algorithm, description });
  };

  const discard = async (tenants: readonly Tenant[]): Promise<void> => {
    const unused = await service.transaction(async (tx) => {
      // Where the answer to a commit was lost, they are in use in spite of the error.
      const preparing = new Set((await demoTenantsIn(tx, 'preparing')).map((tenant) => tenant.id));
      const gone = tenants.filter((tenant) => preparing.has(tenant.id));
      await deleteTenants(
        tx,
        gone.map((tenant) => tenant.id),
      );
      for (const tenant of gone) await barrier.dropTenantKey(tx, tenant.id);
      return gone;
    });
    // Again: until the commit their content keys were to be found.
    for (const tenant of unused) barrier.forgetTenant(tenant.id);
    // A crash here leaves databases that are noted as to be dropped; the next start drops them.
    for (const tenant of unused) await directory.drop(tenant.schemaName);
  };

  return {
    prepare: async (tenants, keys) => {
      const begun: Tenant[] = [];
      try {
        for (const [name, id] of Object.entries(tenants)) begun.push(await begin(name, id));
        const filled = await Promise.allSettled(
          begun.map((tenant) =>
            fill(
              tenant,
              keys.filter((key) => key.tenant === tenant.name),
            ),
          ),
        );
        for (const result of filled) if (result.status === 'rejected') throw result.reason;
        return begun;
      } catch (error) {
        await discard(begun);
        throw error;
      }
    },
    discard,
  };
};
