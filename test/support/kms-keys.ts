import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Database, Databases } from '#infra/database/databases.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import type { Caller } from '#kms/caller.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { serviceMigrations, tenantMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { KmsEvent } from '#kms/events.ts';
import type { ChosenAlgorithm, ElasticKey } from '#kms/keys/elastic-keys/elastic-key.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import { createRevisions, type Revisions } from '#kms/integrity/ledger/revisions.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { createKeys, type Keys } from '#kms/keys/keys.ts';
import type { TestDatabases } from './database.ts';
import { insufficientScope, testCaller } from './kms-caller.ts';

/** A KMS without its HTTP: barrier and key services over real databases, with clocks that stand still. */
export interface TestKms extends Keys {
  readonly service: Database<ServiceTables>;
  readonly unsealKey: Uint8Array;
  readonly barrier: Barrier;
  readonly rows: RowIntegrity;
  readonly events: readonly KmsEvent[];
  /** Two tenants with a content key each. */
  readonly tenantId: string;
  readonly otherTenantId: string;
  /** A user of each who may do everything there. */
  readonly caller: Caller;
  readonly otherCaller: Caller;
  /** `now` since the epoch, and `elapsed` on the clock that never goes back; milliseconds. */
  readonly clock: { now: number; elapsed: number };
  readonly database: (tenantId: string) => Promise<Database<TenantTables>>;
  addTenant(): Promise<string>;
  /**
   * Another process on the same databases: own connections, barrier and key ring; `caller` is the same user there.
   *
   * @param revisions what it knows from before; default nothing
   */
  replica(revisions?: Revisions): Promise<Keys & { readonly barrier: Barrier; readonly caller: Caller }>;
  /** An elastic key with a new name. */
  make(algorithm: AlgorithmName, more?: { readonly caller?: Caller }): Promise<ElasticKey>;
}

export const openService = (databases: Databases): Promise<Database<ServiceTables>> => databases.open('service', serviceMigrations);

/** Opens each tenant's database once; they close with `databases`. */
export const tenantDatabases = (databases: Databases) => {
  const opened = new Map<string, Promise<Database<TenantTables>>>();
  return (tenantId: string): Promise<Database<TenantTables>> => {
    const known = opened.get(tenantId) ?? databases.open<TenantTables>(`tenant_${tenantId.replaceAll('-', '')}`, tenantMigrations);
    opened.set(tenantId, known);
    return known;
  };
};

/** An algorithm as a caller names it. */
const chosenOf = (name: AlgorithmName): ChosenAlgorithm => {
  const { base, key, use } = algorithmOf(name);
  if (key.kind === 'symmetric') return { algorithm: base, use };
  return { algorithm: base, use, ...(key.size !== null && { keySize: key.size }), ...(key.curve !== null && { curve: key.curve }) };
};

/** @param revisions of its first process */
export const testKms = async ({ databases, reopen }: TestDatabases, revisions: Revisions = createRevisions()): Promise<TestKms> => {
  const clock = { now: Date.UTC(2031, 0, 1), elapsed: 0 };
  const now = () => clock.now;
  const elapsed = () => clock.elapsed;
  const unsealKey = new Uint8Array(randomBytes(32));
  const service = await openService(databases);
  const barrier = await openBarrier({ databases, service, unsealKey, now });
  const database = tenantDatabases(databases);
  const events: KmsEvent[] = [];
  const rows = createRowIntegrity({ barrier, revisions, emit: (event) => void events.push(event) });
  const administration = {
    database: withLedger(service, rows.service),
    rows,
    locks: databases,
    takeEffect: async () => {},
  };
  const keys = createKeys({ barrier, rows, insufficientScope, administration, now, elapsed });
  const addTenant = async () => {
    const tenantId = randomUUID();
    await service.transaction((tx) => barrier.createTenantKey(tx, tenantId));
    return tenantId;
  };
  const callerOf = (id: string, of: typeof database) => testCaller({ id, name: `tenant-${id}`, database: () => of(id) });
  const [tenantId, otherTenantId] = [await addTenant(), await addTenant()];
  const caller = callerOf(tenantId, database);
  return {
    ...keys,
    service,
    unsealKey,
    barrier,
    rows,
    events,
    tenantId,
    otherTenantId,
    caller,
    otherCaller: callerOf(otherTenantId, database),
    clock,
    database,
    addTenant,
    replica: async (revisions = createRevisions()) => {
      const again = await reopen();
      const other = await openBarrier({ databases: again, service: await openService(again), unsealKey, now });
      return {
        ...createKeys({ barrier: other, rows: createRowIntegrity({ barrier: other, revisions }), insufficientScope, now, elapsed }),
        barrier: other,
        caller: callerOf(tenantId, tenantDatabases(again)),
      };
    },
    make: (algorithm, more = {}) =>
      keys.elasticKeys.create(more.caller ?? caller, { name: `key-${randomUUIDv7()}`, ...chosenOf(algorithm) }),
  };
};
