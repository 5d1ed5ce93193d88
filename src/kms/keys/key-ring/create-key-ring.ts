import { hash } from 'node:crypto';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createSharedMap, type SharedMap } from '#infra/cache/shared-map.ts';
import { isCanonicalUuid } from '#infra/magic/uuid.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import { elasticKeyNotFound, isElasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { isImportedKid } from '../material-keys/imported-kid.ts';
import { mayProcess } from '../material-keys/material-key.states.ts';
import { materialKeysStore } from '../material-keys/material-key.store.ts';
import type { StoredMaterialKey } from '../material-keys/material-key.ts';
import type { KeyOfTenant, KeyRing, NameOfTenant, Snapshot, UsableKey } from './key-ring.ts';
import { createProtectionCounter } from './protection-counter.ts';

/** The id of no version. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const ID_LENGTH = NOBODY.length;

/** Longer than an id, so no kid that is one stands in its place. */
const hashOf = (kid: string): string => hash('sha256', kid, 'base64url');

/** A version as it was when its elastic key had counted so many changes of its versions; null where it does not process. */
interface RememberedVersion {
  readonly versionChanges: number;
  readonly key: Promise<UsableKey | null>;
  /** On the clock that never goes back. */
  usedAt: number;
}

/** Each look that comes to nothing is one rotation, and few follow one another so closely. */
const MAX_LOOKS = 100;

/** Milliseconds after which a key that nobody uses leaves the memory. */
const IDLE_MS = 60_000;

const ownerOf = ({ tenant }: Pick<KeyOfTenant, 'tenant'>): BoundedKey => boundedKey(tenant.id);
/** Begins with the elastic key however long the kid is, so that all of a key are forgotten together. */
const versionName = (elasticKeyId: string, kid: string): BoundedKey =>
  boundedKey(`${elasticKeyId}/${kid.length > ID_LENGTH ? hashOf(kid) : kid}`);

/** Remembers what is still loading, so that callers at once load once; a failure is not remembered. */
const remember = <E>(map: SharedMap<E>, owner: BoundedKey, name: BoundedKey, entry: E, loading: Promise<unknown>): E => {
  map.set(owner, name, entry);
  loading.catch(() => {
    if (map.get(owner, name) === entry) map.delete(owner, name);
  });
  return entry;
};

/**
 * @param leaseMs how long a policy is used without a look at the database: what another replica changed holds here after that
 *   at the latest, which it waits for before it answers; what this one changed holds at once
 * @param elapsed milliseconds on a clock that never goes back
 * @param rotationDue told of a tenant, a version of whose keys has protected so often that its key is to be rotated
 * @param max policies, and versions, that all tenants together have in memory; where there are more, a tenant that has few loses none
 */
export const createKeyRing = (options: {
  readonly barrier: Pick<Barrier, 'unwrap' | 'onForget'>;
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly elapsed?: () => number;
  readonly leaseMs?: number;
  readonly max?: number;
  readonly rotationDue?: (tenantId: string) => void;
}): KeyRing => {
  const { barrier, rows, elapsed = () => performance.now(), leaseMs = LEASE_MS, max = 4096, rotationDue } = options;
  const snapshots = createSharedMap<{ readonly at: number; readonly value: Promise<Snapshot> }>({ max });
  const versions = createSharedMap<RememberedVersion>({ max });
  /** Ids of the keys that had these names when they were looked for: each may have another name by now. */
  const ids = createSharedMap<string>({ max });
  const counter = createProtectionCounter({ rows, max, ...(rotationDue && { rotationDue }) });

  barrier.onForget((tenantId) => {
    for (const map of [snapshots, versions, ids]) {
      if (tenantId === null) map.clear();
      else map.deleteOwner(boundedKey(tenantId));
    }
  });

  /** One statement whatever the kid is. */
  const find = async ({ tenant, elasticKeyId }: KeyOfTenant, kid: string): Promise<StoredMaterialKey | undefined> => {
    const { db } = await tenant.database();
    const store = materialKeysStore(db, rows.of(tenant.id));
    if (isImportedKid(kid)) return store.byImportedKid(elasticKeyId, kid);
    return store.byId(elasticKeyId, isCanonicalUuid(kid) ? kid : NOBODY);
  };

  const load = async (
    { tenant, elasticKeyId }: KeyOfTenant,
    { algorithm, use }: ElasticKey,
    key: StoredMaterialKey,
  ): Promise<UsableKey | null> => {
    if (key.wrapped === null) return null;
    const place = { tenantId: tenant.id, elasticKeyId, materialKeyId: key.id, version: key.version, algorithm, use };
    const secret = await barrier.unwrap(place, key.wrapped);
    try {
      return { id: key.id, version: key.version, ...importSecret(algorithmOf(algorithm), key.id, secret) };
    } finally {
      secret.fill(0);
    }
  };

  const known = (of: KeyOfTenant, { versionChanges }: ElasticKey, id: string): Promise<UsableKey | null> | undefined => {
    const remembered = versions.get(ownerOf(of), versionName(of.elasticKeyId, id));
    if (remembered?.versionChanges !== versionChanges) return undefined;
    remembered.usedAt = elapsed();
    return remembered.key;
  };

  /** A version that was read after its elastic key: no change of it is missed that the elastic key has counted. */
  const open = (of: KeyOfTenant, elasticKey: ElasticKey, key: StoredMaterialKey): Promise<UsableKey | null> => {
    const before = known(of, elasticKey, key.id);
    if (before) return before;
    const loading = mayProcess(key) ? load(of, elasticKey, key) : Promise.resolve(null);
    const entry = { versionChanges: elasticKey.versionChanges, key: loading, usedAt: elapsed() };
    return remember(versions, ownerOf(of), versionName(of.elasticKeyId, key.id), entry, loading).key;
  };

  const read = async (of: KeyOfTenant, look = 1): Promise<Snapshot> => {
    const { db } = await of.tenant.database();
    const ofTenant = rows.of(of.tenant.id);
    const elasticKey = await elasticKeysStore(db, ofTenant).byId(of.elasticKeyId);
    if (!elasticKey) throw elasticKeyNotFound();
    if (elasticKey.state !== 'active') return { elasticKey, protecting: null, processing: null };
    const store = materialKeysStore(db, ofTenant);
    const [newest] = await store.below(of.elasticKeyId, { below: elasticKey.latestVersion + 1, limit: 1 });
    // Where the newest version was taken away, the one before must not protect in its place.
    if (newest?.version !== elasticKey.latestVersion) throw ofTenant.refusal('elastic_keys', elasticKey.id);
    // Only an older version is ever deactivated: a newer one was made between the two statements.
    if (newest.state === 'deactivated' && look < MAX_LOOKS) return read(of, look + 1);
    const lowest = elasticKey.minDecryptionVersion;
    const processing = mayProcess(newest) ? newest : await store.newestThatProcesses(of.elasticKeyId, lowest);
    const opened = processing ? await open(of, elasticKey, processing) : null;
    return { elasticKey, protecting: newest.state === 'active' ? opened : null, processing: opened };
  };

  const snapshot: KeyRing['snapshot'] = (of) => {
    const at = elapsed();
    const [owner, name] = [ownerOf(of), boundedKey(of.elasticKeyId)];
    const before = snapshots.get(owner, name);
    if (before && at - before.at < leaseMs) return before.value;
    const value = read(of);
    return remember(snapshots, owner, name, { at, value }, value).value;
  };

  /** No other key has a name while this one has it. */
  const hasName = async (of: KeyOfTenant, name: string): Promise<boolean> => {
    try {
      return (await snapshot(of)).elasticKey.name === name;
    } catch (error) {
      if (isElasticKeyNotFound(error)) return false;
      throw error;
    }
  };

  const look = async ({ tenant, name }: NameOfTenant): Promise<string> => {
    const { db } = await tenant.database();
    const id = await elasticKeysStore(db, rows.of(tenant.id)).idByName(name);
    if (id === undefined) throw elasticKeyNotFound();
    ids.set(ownerOf({ tenant }), boundedKey(name), id);
    return id;
  };

  return {
    idOf: async (of) => {
      const id = ids.get(ownerOf(of), boundedKey(of.name));
      return id !== undefined && (await hasName({ tenant: of.tenant, elasticKeyId: id }, of.name)) ? id : look(of);
    },
    snapshot,
    version: async (of, elasticKey, kid) => {
      const remembered = known(of, elasticKey, kid);
      if (remembered) return { key: await remembered, haveLooked: false };
      const found = await find(of, kid);
      if (!found) return { key: null, haveLooked: true };
      const key = await open(of, elasticKey, found);
      const entry = versions.get(ownerOf(of), versionName(of.elasticKeyId, found.id));
      if (entry && found.id !== kid) versions.set(ownerOf(of), versionName(of.elasticKeyId, kid), entry);
      return { key, haveLooked: true };
    },
    lookInVain: async (of) => void (await find(of, NOBODY)),
    publicJwk: async (of, elasticKey, key) => {
      // The secret of a version that does not process is opened for this alone, and not remembered.
      const opened = await (mayProcess(key) ? open(of, elasticKey, key) : load(of, elasticKey, key));
      return opened?.publicJwk ?? null;
    },
    countProtection: (of, materialKeyId, count) => counter.take(of.tenant, materialKeyId, count),
    sizes: () => ({ policies: snapshots.size, versions: versions.size }),
    forgetIdle: () => {
      const since = elapsed() - IDLE_MS;
      snapshots.deleteWhere(({ at }) => at < since);
      versions.deleteWhere(({ usedAt }) => usedAt < since);
    },
    forget: (of) => {
      snapshots.delete(ownerOf(of), boundedKey(of.elasticKeyId));
      versions.deletePrefix(ownerOf(of), `${of.elasticKeyId}/`);
    },
  };
};
