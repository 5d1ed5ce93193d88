import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database, Databases } from '#infra/database/databases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import { barrierDamaged, keyMaterialDamaged, sealedError, serviceDatabaseLost, unsealFailed } from './barrier-errors.ts';
import {
  type BarrierClaims,
  deriveUnsealWrappingKey,
  importWrappingKey,
  KEY_BYTES,
  unwrapKey,
  type WrappingKey,
  wrapKey,
  wrappedBy,
} from './barrier-jwe.ts';
import { deleteContentKeys, insertServiceKeysOnce, serviceKeys } from './barrier-keys.store.ts';
import { type BarrierKeyRow, SERVICE_OWNER } from '#kms/database/barrier-keys.table.ts';
import { type ContentKeys, createContentKeys } from './content-keys.ts';

type BarrierState = 'sealed' | 'unsealed';

/** Where a material key stands; bound into its ciphertext and compared exactly when it is opened. */
interface KeyBinding {
  readonly tenantId: string;
  readonly elasticKeyId: string;
  readonly materialKeyId: string;
}

/**
 * What stands between the database and the key material: nothing in the database can be read without it.
 *
 *     unseal key ──HKDF──► wraps root ──► wraps intermediate ──► wraps a content key per tenant ──► wraps material keys
 */
export interface Barrier {
  state(): BarrierState;
  /**
   * @param key 32 bytes, combined from the unseal shares; stays the caller's to zero
   * @throws AppError `unseal-failed` 503 when the shares are not those of this database, `service-database-lost` 503
   */
  unseal(key: Uint8Array): Promise<void>;
  /** Forgets every key at once; all that follows is `sealed`, 503, until the next unseal. */
  seal(): void;
  /** Makes the content key of a new tenant within the caller's transaction on the service database. */
  createTenantKey(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  /** Deletes the content key, also while sealed: what it wrapped is lost for good once the caller's transaction commits. */
  dropTenantKey(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  /** Forgets what is remembered of a tenant: its keys are read again when they are needed, if they are still there. */
  forgetTenant(tenantId: string): void;
  /** Tenants of which keys are in memory. */
  tenants(): readonly string[];
  /**
   * Never call it inside a transaction on the service database, whose one connection it may have to wait for.
   *
   * @returns compact JWE (RFC 7516) whose protected header carries the content key's id and the binding
   */
  wrap(binding: KeyBinding, plaintext: Uint8Array): Promise<string>;
  /** @throws AppError `key-material-damaged` 500 when the ciphertext was changed or belongs to another binding */
  unwrap(binding: KeyBinding, ciphertext: string): Promise<Uint8Array>;
  /** Calls back whenever keys are forgotten: with a tenant id, or with null when all are. */
  onForget(listener: (tenantId: string | null) => void): void;
}

export interface BarrierOptions {
  /** Where the databases of the tenants are, beside that of the service. */
  readonly databases: Pick<Databases, 'names'>;
  readonly service: Database<ServiceTables>;
  /** 32 bytes combined from the shares; null leaves the barrier sealed. Not changed. */
  readonly unsealKey: Uint8Array | null;
  readonly now: () => number;
  readonly random?: (bytes: number) => Uint8Array;
}

const claimsOf = ({ tenantId, elasticKeyId, materialKeyId }: KeyBinding): BarrierClaims => ({
  purpose: 'material',
  tenant_id: tenantId,
  elastic_key_id: elasticKeyId,
  material_key_id: materialKeyId,
});

/**
 * The keys of the service database, looked for again when there are databases of tenants: another replica may just have made both.
 *
 * @throws AppError `service-database-lost` when there are tenants and no keys; a new root would open none of them
 */
const keysThatAreThere = async ({ service, databases }: BarrierOptions) => {
  const present = await serviceKeys(service.db);
  if (present) return present;
  const tenantDatabases = (await databases.names()).filter(isSchemaName);
  if (tenantDatabases.length === 0) return null;
  const late = await serviceKeys(service.db);
  if (!late) throw serviceDatabaseLost(tenantDatabases.length);
  return late;
};

/** Makes root and intermediate where nothing is there yet; of two replicas at once, one wins and both read its keys. */
const establish = async (options: BarrierOptions, unsealing: WrappingKey) => {
  const { service, now, random = randomBytes } = options;
  const present = await keysThatAreThere(options);
  if (present) return present;
  const row = async (purpose: 'root' | 'intermediate', above: WrappingKey, bytes: Uint8Array): Promise<BarrierKeyRow> => {
    const id = randomUUIDv7();
    const wrapped = await wrapKey(above, { purpose, barrier_key_id: id }, bytes);
    return { id, purpose, owner: SERVICE_OWNER, version: 1, wrapped, created_at: now() };
  };
  const rootBytes = random(KEY_BYTES);
  const root = await row('root', unsealing, rootBytes);
  const intermediateBytes = random(KEY_BYTES);
  const intermediate = await row('intermediate', await importWrappingKey(root.id, rootBytes), intermediateBytes);
  intermediateBytes.fill(0);
  return service.transaction(async (tx) => {
    await insertServiceKeysOnce(tx, root, intermediate);
    const keys = await serviceKeys(tx);
    if (!keys) throw barrierDamaged('the intermediate key');
    return keys;
  });
};

const openServiceKey = async (above: WrappingKey, { id, wrapped }: BarrierKeyRow, purpose: 'root' | 'intermediate') => {
  const bytes = await unwrapKey(above, { purpose, barrier_key_id: id }, wrapped);
  if (!bytes) throw barrierDamaged(`the ${purpose} key`);
  return importWrappingKey(id, bytes);
};

/** Down the hierarchy from the unseal key to the intermediate, which is all that stays in memory. */
const openIntermediate = async (options: BarrierOptions, unsealKey: Uint8Array): Promise<WrappingKey> => {
  if (unsealKey.length !== KEY_BYTES) throw unsealFailed();
  const unsealing = await deriveUnsealWrappingKey(unsealKey);
  const { root, intermediate } = await establish(options, unsealing);
  if (wrappedBy(root.wrapped) !== unsealing.id) throw unsealFailed();
  return openServiceKey(await openServiceKey(unsealing, root, 'root'), intermediate, 'intermediate');
};

/**
 * Opens the barrier over the service database. The first start makes root and intermediate.
 *
 * @throws AppError `unseal-failed` 503 when a key is given and is not that of this database; `service-database-lost` 503 when the
 *   database has no keys although tenants have theirs
 */
export const openBarrier = async (options: BarrierOptions): Promise<Barrier> => {
  const { service, now, random = randomBytes } = options;
  const listeners: ((tenantId: string | null) => void)[] = [];
  const forget = (tenantId: string | null) => listeners.forEach((listener) => listener(tenantId));
  let contents: ContentKeys | null = null;

  const forgetTenant = (tenantId: string): void => {
    contents?.forget(tenantId);
    forget(tenantId);
  };

  /** What runs while the barrier is sealed under it ends as `sealed`, not with a key that should be gone. */
  const whileUnsealed = async <T>(run: (keys: ContentKeys) => Promise<T>): Promise<T> => {
    const keys = contents;
    if (!keys) throw sealedError();
    const result = await run(keys);
    if (contents !== keys) throw sealedError();
    return result;
  };

  const unseal = async (key: Uint8Array): Promise<void> => {
    const intermediate = await openIntermediate(options, key);
    contents ??= createContentKeys({ service, intermediate, now, random });
  };

  if (options.unsealKey) await unseal(options.unsealKey);

  return {
    state: () => (contents ? 'unsealed' : 'sealed'),
    unseal,
    seal: () => {
      contents = null;
      forget(null);
    },
    createTenantKey: (tx, tenantId) => whileUnsealed((keys) => keys.create(tx, tenantId)),
    dropTenantKey: async (tx, tenantId) => {
      await deleteContentKeys(tx, tenantId);
      forgetTenant(tenantId);
    },
    forgetTenant,
    tenants: () => contents?.tenants() ?? [],
    wrap: (binding, plaintext) => whileUnsealed(async (keys) => wrapKey(await keys.newest(binding.tenantId), claimsOf(binding), plaintext)),
    unwrap: (binding, ciphertext) =>
      whileUnsealed(async (keys) => {
        const key = await keys.named(binding.tenantId, wrappedBy(ciphertext) ?? '');
        const plaintext = key && (await unwrapKey(key, claimsOf(binding), ciphertext));
        if (!plaintext) throw keyMaterialDamaged(binding.materialKeyId);
        return plaintext;
      }),
    onForget: (listener) => void listeners.push(listener),
  };
};
