import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Database, Databases } from '#infra/database/databases.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierDamaged, serviceDatabaseLost } from './hierarchy-errors.ts';
import { type BarrierClaims, importWrappingKey, KEY_BYTES, type WrappingKey, wrapKey } from './barrier-jwe.ts';
import { type BarrierKey, barrierKeysStore } from './barrier-keys.store.ts';
import { listedClaims, placeOf, readHierarchy, type StoredHierarchy } from './hierarchy.ts';

export interface BarrierOptions {
  /** Where the databases of the tenants are, beside that of the service. */
  readonly databases: Pick<Databases, 'names'>;
  readonly service: Database<ServiceTables>;
  /** 32 bytes combined from the shares; null leaves the barrier sealed. Not changed. */
  readonly unsealKey: Uint8Array | null;
  readonly now: () => number;
  readonly random?: (bytes: number) => Uint8Array;
}

/**
 * The keys of the service database, looked for again when there are databases of tenants: another replica may just have made both.
 *
 * @throws AppError `service-database-lost` when there are tenants and no keys; a new root would open none of them
 */
const keysThatAreThere = async ({ service, databases }: BarrierOptions): Promise<StoredHierarchy | null> => {
  const present = await readHierarchy(service.db);
  if (present) return present;
  const tenantDatabases = (await databases.names()).filter(isSchemaName);
  if (tenantDatabases.length === 0) return null;
  const late = await readHierarchy(service.db);
  if (!late) throw serviceDatabaseLost(tenantDatabases.length);
  return late;
};

/** Makes root and intermediate where nothing is there yet; of two replicas at once, one wins and both read its keys. */
export const establish = async (options: BarrierOptions, unsealing: WrappingKey): Promise<StoredHierarchy> => {
  const { service, now, random = randomBytes } = options;
  const present = await keysThatAreThere(options);
  if (present) return present;
  const first = async (claimsOf: (key: Pick<BarrierKey, 'id' | 'version'>) => BarrierClaims, above: WrappingKey, bytes: Uint8Array) => {
    const key = { id: randomUUIDv7(), version: 1, createdAt: now() };
    return { ...key, wrapped: await wrapKey(above, claimsOf(key), bytes) };
  };
  const rootBytes = random(KEY_BYTES);
  const root = await first((key) => ({ purpose: 'root', ...placeOf(key) }), unsealing, rootBytes);
  const bytes = random(KEY_BYTES);
  const intermediate = await first((key) => listedClaims(key, null), await importWrappingKey(root.id, rootBytes), bytes);
  bytes.fill(0);
  return service.transaction(async (tx) => {
    await barrierKeysStore(tx).insertServiceKeysOnce(root, intermediate);
    const keys = await readHierarchy(tx);
    if (!keys) throw barrierDamaged('the intermediate key');
    return keys;
  });
};
