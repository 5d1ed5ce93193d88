import type { Transaction } from 'kysely';
import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { type Caller, serviceCaller } from '#kms/caller.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { ElasticKeyService } from '#kms/keys/elastic-keys/elastic-key.ts';
import { type TenantDirectory, tenantUnknown } from '#kms/tenants/directory.ts';
import type { Tenant } from '#kms/tenants/tenant.ts';
import { type DemoTenants, tenantIds } from '#infra/demo-data/demo-tenants.ts';
import { activate, demoTenantsIn, demoUsernames, insertAccounts } from './demo.store.ts';
import { createPreparedTenants, type PreparedTenantsOptions } from './prepared-tenants.ts';
import type { Seed, SeedElasticKey } from './seed-file.ts';

export interface SeedingOptions extends PreparedTenantsOptions {
  readonly seed: Seed;
  readonly tenants: Pick<TenantDirectory, 'byId' | 'preparing' | 'forget' | 'drop'>;
  readonly elasticKeys: Pick<ElasticKeyService, 'create' | 'list'>;
}

/** What a seed added. */
interface Added {
  readonly tenants: number;
  readonly accounts: number;
  readonly elasticKeys: number;
}

export interface Seeding {
  /** Tenants, accounts and elastic keys of the seed that are not there. */
  missing(): Promise<{
    readonly present: DemoTenants;
    readonly tenants: readonly string[];
    readonly accounts: Seed['accounts'];
    readonly elasticKeys: readonly SeedElasticKey[];
  }>;
  /** Adds what is missing. @throws AppError `demo-tenant-id-used` 409, `demo-name-taken` 409 */
  add(given: DemoTenants): Promise<Added>;
  /** Prepares tenants, then in one transaction decides and puts them in use; removes them again when that is refused. */
  switchTo(ids: DemoTenants, decide: (tx: Transaction<ServiceTables>) => Promise<void>): Promise<void>;
}

export const byName = (tenants: readonly Tenant[]): DemoTenants => Object.fromEntries(tenants.map(({ name, id }) => [name, id]));

/** A name of the demo belongs to something that is no demo, or to another replica that seeds at the same moment. */
const nameTaken = (cause: unknown): AppError =>
  new AppError('demo-name-taken', 409, 'A name of the demo belongs to a tenant or an account that is no demo.', {
    cause,
    fix: 'Rename that tenant or account; demo data never replaces other data.',
  });

export const createSeeding = (options: SeedingOptions): Seeding => {
  const { seed, service, tenants, elasticKeys, now } = options;
  const prepared = createPreparedTenants(options);

  const switchTo: Seeding['switchTo'] = async (ids, decide) => {
    const fresh = await prepared.prepare(ids, seed.elastic_keys);
    try {
      await service.transaction(async (tx) => {
        await decide(tx);
        const activated = await activate(
          tx,
          fresh.map((tenant) => tenant.id),
        );
        if (activated !== fresh.length) throw new InternalError('prepared demo tenants went away before the switch');
      });
    } catch (error) {
      await prepared.discard(fresh);
      throw isUniqueViolation(error) ? nameTaken(error) : error;
    } finally {
      tenants.forget();
    }
  };

  const seederOf = async (id: string): Promise<Caller> => {
    const tenant = await tenants.byId(id);
    if (tenant === undefined) throw tenantUnknown();
    return serviceCaller(tenant, 'demo-seed');
  };

  const missing: Seeding['missing'] = async () => {
    const present = byName(await demoTenantsIn(service.db, 'active'));
    const usernames = await demoUsernames(service.db);
    const keys: SeedElasticKey[] = [];
    for (const key of seed.elastic_keys) {
      const id = present[key.tenant];
      if (id === undefined || (await elasticKeys.list(await seederOf(id), { name: key.name, limit: 1 })).items.length === 0) keys.push(key);
    }
    return {
      present,
      tenants: seed.tenants.filter((name) => present[name] === undefined),
      accounts: seed.accounts.filter((account) => !usernames.has(account.username)),
      elasticKeys: keys,
    };
  };

  return {
    missing,
    switchTo,
    add: async (given) => {
      const { present, tenants: names, accounts, elasticKeys: keys } = await missing();
      const fresh = tenantIds(names, given);
      if (names.length + accounts.length > 0) {
        await switchTo(fresh, (tx) => insertAccounts(tx, accounts, { ...present, ...fresh }, now()));
      }
      for (const { tenant, name, algorithm, description } of keys) {
        const id = present[tenant];
        if (id !== undefined) await elasticKeys.create(await seederOf(id), { name, algorithm, description });
      }
      return { tenants: names.length, accounts: accounts.length, elasticKeys: keys.length };
    },
  };
};
