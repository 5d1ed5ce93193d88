import type { Database, Databases } from '#infra/database/databases.ts';
import { createDemoLocks } from '#infra/demo-data/resets/create-demo-locks.ts';
import type { PreparationLock } from '#kms/tenants/preparation-lock.ts';
import { totalOf } from '#infra/demo-data/holdings.ts';
import { createResets } from '#infra/demo-data/resets/create-resets.ts';
import type { ApiKeyService } from '#kms/access/api-keys/api-key.service.ts';
import type { DemoApi } from '#kms/api/openapi/demo-api.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { Keys } from '#kms/keys/keys.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { TenantLifeCycle } from '#kms/tenants/life-cycle.ts';
import { sweepTenants } from '#kms/tenants/sweep.ts';
import { createDemo } from './create-demo.ts';
import { createDemoApi } from './demo-api.ts';
import { createDemoStore } from './demo.store.ts';
import type { KmsDemo } from './kms-demo.ts';
import { holdingsOf } from './holdings.ts';
import { loadSeed } from './seed-file.ts';

/** The demo data of a process; disposal gives its locks back. */
export interface DemoData extends AsyncDisposable {
  readonly preparing: PreparationLock;
  /** At a start, before anything is served: settles and removes what an interrupted run left. */
  sweep(): Promise<void>;
  /** At a start without the demo: tells how many rows of it there are, if any. */
  tellOfSleep(): Promise<void>;
  /** @throws AppError `config-unreadable` or `config-invalid` for the seed */
  load(seedFile: string, keys: Keys, apiKeys: ApiKeyService): Promise<{ readonly demo: KmsDemo; readonly api: DemoApi }>;
}

/**
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const openDemoData = (options: {
  readonly databases: Databases;
  readonly service: Database<ServiceTables>;
  readonly rows: RowIntegrity;
  readonly tenants: TenantDirectory;
  readonly lifeCycle: TenantLifeCycle;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
}): DemoData => {
  const { databases, service, rows, tenants, lifeCycle, emit, now, elapsed } = options;
  const locks = createDemoLocks(databases, 'kms');
  const resets = createResets({
    database: service,
    store: createDemoStore({ lifeCycle, rows }),
    locks,
    takeEffect: (gone) => lifeCycle.takeEffect(gone ?? []),
    emit,
    now,
  });
  return {
    preparing: locks,
    sweep: async () => {
      await resets.sweep();
      await locks.exclusively(() => sweepTenants({ databases, service: locks.guard(service), rows, tenants, lifeCycle, emit }));
    },
    tellOfSleep: async () => {
      const { demo: rows } = await holdingsOf(service.db);
      if (totalOf(rows) > 0) emit({ type: 'demo-sleeps', rows });
    },
    load: async (seedFile, keys, apiKeys) => {
      const seed = await loadSeed(seedFile);
      const { elasticKeys } = keys;
      return {
        demo: createDemo({ seed, service, rows, locks, resets, tenants, lifeCycle, elasticKeys, emit, now }),
        api: createDemoApi({ seed, tenants, keys, apiKeys, now, elapsed }),
      };
    },
    [Symbol.asyncDispose]: () => locks[Symbol.asyncDispose](),
  };
};
