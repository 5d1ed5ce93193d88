import { AppError } from '#infra/apperr/app-error.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { tenantIds, tenantIdsUsed } from '#infra/demo-data/demo-tenants.ts';
import { type Caller, serviceCaller } from '#kms/caller.ts';
import { type TenantHandle, tenantUnknown } from '#kms/tenants/directory.ts';
import { isDamage } from '#kms/tenants/damage.ts';
import type { NewTenant } from '#kms/tenants/life-cycle.ts';
import { createTenantPreparation, usePrepared } from '#kms/tenants/prepare-tenants.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import { accountsStore } from './accounts.store.ts';
import { idsByName } from './demo.store.ts';
import type { SeedElasticKey } from './seed-file.ts';
import type { Seeding, SeedingOptions } from './seeding.ts';

/** A name of the demo belongs to something that is no demo, or to another replica that seeds at the same moment. */
const nameTaken = (cause: unknown): AppError =>
  new AppError('demo-name-taken', 409, 'A name of the demo belongs to a tenant or an account that is not part of the demo.', {
    cause,
    fix: 'Rename that tenant or account; demo data never replaces other data.',
  });

const idUsed = ({ name }: NewTenant, cause: unknown): AppError => tenantIdsUsed([name], cause);

/** @throws AppError `tenant-unknown` 404 for a tenant that went meanwhile */
const seederOf = (tenant: TenantHandle | undefined): Caller => {
  if (tenant === undefined) throw tenantUnknown();
  return serviceCaller(tenant, 'demo-seed');
};

export const createSeeding = ({ seed, service, rows, tenants, lifeCycle, elasticKeys, now }: SeedingOptions): Seeding => {
  const prepareTenants = createTenantPreparation({ service, rows, tenants, lifeCycle, idUsed });

  const fill = async (tenant: TenantHandle): Promise<void> => {
    const seeder = seederOf(tenant);
    for (const { tenant: name, ...key } of seed.elastic_keys) if (name === tenant.name) await elasticKeys.create(seeder, key);
  };

  const withPrepared: Seeding['withPrepared'] = async (ids, use) => {
    const wanted = Object.entries(ids).map(([name, id]) => ({ id, name, demo: true }));
    try {
      return await usePrepared(await prepareTenants(wanted, fill), use);
    } catch (error) {
      throw isUniqueViolation(error) ? nameTaken(error) : error;
    }
  };

  const look: Seeding['look'] = async () => {
    const present = idsByName(await tenantsStore(service.db, rows).inState('active', { demo: true }));
    const usernames = await accountsStore(service.db, rows).usernames();
    const keys: SeedElasticKey[] = [];
    const damaged = new Set<string>();
    for (const key of seed.elastic_keys) {
      const id = present[key.tenant];
      try {
        if (id === undefined || (await elasticKeys.list(seederOf(await tenants.byId(id)), { name: key.name, limit: 1 })).items.length === 0)
          keys.push(key);
      } catch (error) {
        // One tenant is closed, and nothing can be added to it.
        if (!isDamage(error)) throw error;
        damaged.add(key.tenant);
      }
    }
    const missing = {
      tenants: seed.tenants.filter((name) => present[name] === undefined),
      accounts: seed.accounts.filter((account) => !usernames.has(account.username)),
      elasticKeys: keys,
    };
    return { present, missing, damaged };
  };

  return {
    look,
    withPrepared,
    addMissing: async (given) => {
      const { present, missing } = await look();
      const fresh = tenantIds(missing.tenants, given);
      const inUse = { ...present, ...fresh };
      if (missing.tenants.length + missing.accounts.length > 0) {
        await withPrepared(fresh, (activate) =>
          service.transaction(async (tx) => {
            await activate(tx);
            await accountsStore(tx, rows).insert(missing.accounts, inUse, now());
          }),
        );
      }
      // Fresh tenants have their keys already.
      for (const { tenant, ...key } of missing.elasticKeys) {
        const id = present[tenant];
        if (id !== undefined) await elasticKeys.create(seederOf(await tenants.byId(id)), key);
      }
      return { tenants: inUse, added: missing };
    },
  };
};
