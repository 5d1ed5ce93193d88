import { type KeyObject, randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database, Databases } from '#infra/database/databases.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierDamaged, serviceDatabaseLost, unsealFailed } from './barrier-errors.ts';
import { deriveUnsealWrappingKey, importWrappingKey, KEY_BYTES, unwrapKey, type WrappingKey, wrapKey, wrappedBy } from './barrier-jwe.ts';
import { type BarrierKey, barrierKeysStore } from './barrier-keys.store.ts';
import { deriveRowRoot } from './row-keys.ts';

export interface BarrierOptions {
  /** Where the databases of the tenants are, beside that of the service. */
  readonly databases: Pick<Databases, 'names'>;
  readonly service: Database<ServiceTables>;
  /** 32 bytes combined from the shares; null leaves the barrier sealed. Not changed. */
  readonly unsealKey: Uint8Array | null;
  readonly now: () => number;
  readonly random?: (bytes: number) => Uint8Array;
}

/** The claims of an intermediate below which every row that decides carries a tag, and the ledger of its database lists it. */
const LISTED = { purpose: 'intermediate', rows: 'listed' } as const;

/** Those of one from before there were ledgers. */
const TAGGED = { purpose: 'intermediate', rows: 'tagged' } as const;

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
  const wrapped = async (claims: { purpose: 'root' } | typeof LISTED, above: WrappingKey, bytes: Uint8Array): Promise<BarrierKey> => {
    const id = randomUUIDv7();
    return { id, wrapped: await wrapKey(above, { ...claims, barrier_key_id: id }, bytes), createdAt: now() };
  };
  const rootBytes = random(KEY_BYTES);
  const root = await wrapped({ purpose: 'root' }, unsealing, rootBytes);
  const intermediateBytes = random(KEY_BYTES);
  const intermediate = await wrapped(LISTED, await importWrappingKey(root.id, rootBytes), intermediateBytes);
  intermediateBytes.fill(0);
  return service.transaction(async (tx) => {
    await barrierKeysStore(tx).insertServiceKeysOnce(root, intermediate);
    const keys = await serviceKeys(tx);
    if (!keys) throw barrierDamaged('the intermediate key');
    return keys;
  });
};

const openRoot = async (unsealing: WrappingKey, { id, wrapped }: BarrierKey): Promise<WrappingKey> => {
  const bytes = await unwrapKey(unsealing, { purpose: 'root', barrier_key_id: id }, wrapped);
  if (!bytes) throw barrierDamaged('the root key');
  return importWrappingKey(id, bytes);
};

/** What a version before this one has left undone: rows without a tag, or tags that no ledger lists. */
export type RowsToAdopt = 'untagged' | 'tagged';

/** The adoption of rows that are not listed yet: `adopted` is what takes the place of `before` once they all are. */
export interface DueAdoption {
  readonly rows: RowsToAdopt;
  readonly before: BarrierKey;
  readonly adopted: string;
}

/** What stays in memory of the hierarchy above the tenants. */
export interface OpenedIntermediate {
  readonly wrapping: WrappingKey;
  readonly rowRoot: KeyObject;
  /** Null where the intermediate says that all rows are listed. */
  readonly due: DueAdoption | null;
}

/** The word about the rows stands in the authenticated header, so that nobody without the shares can add it or take it away. */
const openBelow = async (root: WrappingKey, stored: BarrierKey): Promise<OpenedIntermediate> => {
  const { id, wrapped } = stored;
  const listed = await unwrapKey(root, { ...LISTED, barrier_key_id: id }, wrapped);
  const tagged = listed ? null : await unwrapKey(root, { ...TAGGED, barrier_key_id: id }, wrapped);
  const bytes = listed ?? tagged ?? (await unwrapKey(root, { purpose: 'intermediate', barrier_key_id: id }, wrapped));
  if (!bytes) throw barrierDamaged('the intermediate key');
  const rowRoot = deriveRowRoot(bytes);
  const due: DueAdoption | null = listed
    ? null
    : { rows: tagged ? 'tagged' : 'untagged', before: stored, adopted: await wrapKey(root, { ...LISTED, barrier_key_id: id }, bytes) };
  return { wrapping: await importWrappingKey(id, bytes), rowRoot, due };
};

/** Down the hierarchy from the unseal key to the intermediate, which is all that stays in memory. */
export const openIntermediate = async (options: BarrierOptions, unsealKey: Uint8Array): Promise<OpenedIntermediate> => {
  if (unsealKey.length !== KEY_BYTES) throw unsealFailed();
  const unsealing = await deriveUnsealWrappingKey(unsealKey);
  const { root, intermediate } = await establish(options, unsealing);
  if (wrappedBy(root.wrapped) !== unsealing.id) throw unsealFailed();
  return openBelow(await openRoot(unsealing, root), intermediate);
};
