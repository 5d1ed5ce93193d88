import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database, Databases } from '#infra/database/databases.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierDamaged, serviceDatabaseLost, unsealFailed } from './barrier-errors.ts';
import { deriveUnsealWrappingKey, importWrappingKey, KEY_BYTES, unwrapKey, type WrappingKey, wrapKey, wrappedBy } from './barrier-jwe.ts';
import { type BarrierKey, barrierKeysStore } from './barrier-keys.store.ts';

export interface BarrierOptions {
  /** Where the databases of the tenants are, beside that of the service. */
  readonly databases: Pick<Databases, 'names'>;
  readonly service: Database<ServiceTables>;
  /** 32 bytes combined from the shares; null leaves the barrier sealed. Not changed. */
  readonly unsealKey: Uint8Array | null;
  readonly now: () => number;
  readonly random?: (bytes: number) => Uint8Array;
}

interface ServiceKeys {
  readonly root: BarrierKey;
  readonly intermediate: BarrierKey;
}

const serviceKeys = async (db: Kysely<ServiceTables>): Promise<ServiceKeys | null> => {
  const store = barrierKeysStore(db);
  const root = await store.newest({ purpose: 'root' });
  const intermediate = await store.newest({ purpose: 'intermediate' });
  return root && intermediate ? { root, intermediate } : null;
};

/**
 * The keys of the service database, looked for again when there are databases of tenants: another replica may just have made both.
 *
 * @throws AppError `service-database-lost` when there are tenants and no keys; a new root would open none of them
 */
const keysThatAreThere = async ({ service, databases }: BarrierOptions): Promise<ServiceKeys | null> => {
  const present = await serviceKeys(service.db);
  if (present) return present;
  const tenantDatabases = (await databases.names()).filter(isSchemaName);
  if (tenantDatabases.length === 0) return null;
  const late = await serviceKeys(service.db);
  if (!late) throw serviceDatabaseLost(tenantDatabases.length);
  return late;
};

/** Makes root and intermediate where nothing is there yet; of two replicas at once, one wins and both read its keys. */
const establish = async (options: BarrierOptions, unsealing: WrappingKey): Promise<ServiceKeys> => {
  const { service, now, random = randomBytes } = options;
  const present = await keysThatAreThere(options);
  if (present) return present;
  const wrapped = async (purpose: 'root' | 'intermediate', above: WrappingKey, bytes: Uint8Array): Promise<BarrierKey> => {
    const id = randomUUIDv7();
    return { id, wrapped: await wrapKey(above, { purpose, barrier_key_id: id }, bytes), createdAt: now() };
  };
  const rootBytes = random(KEY_BYTES);
  const root = await wrapped('root', unsealing, rootBytes);
  const intermediateBytes = random(KEY_BYTES);
  const intermediate = await wrapped('intermediate', await importWrappingKey(root.id, rootBytes), intermediateBytes);
  intermediateBytes.fill(0);
  return service.transaction(async (tx) => {
    await barrierKeysStore(tx).insertServiceKeysOnce(root, intermediate);
    const keys = await serviceKeys(tx);
    if (!keys) throw barrierDamaged('the intermediate key');
    return keys;
  });
};

const openServiceKey = async (above: WrappingKey, { id, wrapped }: BarrierKey, purpose: 'root' | 'intermediate') => {
  const bytes = await unwrapKey(above, { purpose, barrier_key_id: id }, wrapped);
  if (!bytes) throw barrierDamaged(`the ${purpose} key`);
  return importWrappingKey(id, bytes);
};

/** Down the hierarchy from the unseal key to the intermediate, which is all that stays in memory. */
export const openIntermediate = async (options: BarrierOptions, unsealKey: Uint8Array): Promise<WrappingKey> => {
  if (unsealKey.length !== KEY_BYTES) throw unsealFailed();
  const unsealing = await deriveUnsealWrappingKey(unsealKey);
  const { root, intermediate } = await establish(options, unsealing);
  if (wrappedBy(root.wrapped) !== unsealing.id) throw unsealFailed();
  return openServiceKey(await openServiceKey(unsealing, root, 'root'), intermediate, 'intermediate');
};
