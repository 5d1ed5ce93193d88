import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { ElasticKeyService } from '#kms/keys/elastic-keys/elastic-key.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { TenantLifeCycle } from '#kms/tenants/life-cycle.ts';
import type { Seed, SeedElasticKey } from './seed-file.ts';

export interface SeedingOptions {
  readonly seed: Seed;
  /** Its transactions are rolled back when the demo's lock is lost. */
  readonly service: Database<ServiceTables>;
  readonly rows: Rows;
  readonly tenants: Pick<TenantDirectory, 'byId' | 'preparing'>;
  readonly lifeCycle: TenantLifeCycle;
  readonly elasticKeys: Pick<ElasticKeyService, 'create' | 'list'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Tenants, accounts and elastic keys of the seed that are not there. */
interface Missing {
  readonly tenants: readonly string[];
  readonly accounts: Seed['accounts'];
  readonly elasticKeys: readonly SeedElasticKey[];
}

export interface Seeding {
  /** What is there and what is not; `damaged` names the tenants of which nobody can tell, because their databases are damaged. */
  look(): Promise<{ readonly present: DemoTenants; readonly missing: Missing; readonly damaged: ReadonlySet<string> }>;
  /**
   * Writes tenants with their keys where nobody sees them yet, has them put in use, and removes them again when that is refused.
   *
   * @param use calls `activate` in the transaction that puts them in use
   * @throws AppError `demo-tenant-id-used` 409, `demo-name-taken` 409; nothing is left of the tenants then
   */
  withPrepared<R>(tenants: DemoTenants, use: (activate: (tx: Transaction<ServiceTables>) => Promise<void>) => Promise<R>): Promise<R>;
  /** @returns the tenants in use, and what was added */
  addMissing(given: DemoTenants): Promise<{ readonly tenants: DemoTenants; readonly added: Missing }>;
}
