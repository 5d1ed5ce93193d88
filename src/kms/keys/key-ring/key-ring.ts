import type { Barrier } from '#kms/barrier/barrier.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { KeyAddress } from '../operations/crypto.ts';
import type { Database } from '#infra/database/databases.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { elasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { elasticKeyById, elasticKeyOf } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { type BoundedMap, createBoundedMap } from '#infra/cache/bounded-map.ts';
import { importSecret, type KeyMaterial } from '#kms/jose/key-material.ts';
import { materialKeyById, materialKeysBelow } from '../material-keys/material-key.store.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';

/** A version that is ready for use. */
export interface UsableKey extends KeyMaterial {
  readonly id: string;
  readonly version: number;
}

/** An elastic key's policy and its newest version as they were at one moment. */
export interface Snapshot {
  readonly elasticKey: ElasticKey;
  readonly newest: UsableKey;
}

/**
 * Keys in memory, so that an operation costs no database round trip and no unwrapping.
 * Bounded; dropped when the barrier forgets, and per elastic key when it is changed or rotated.
 */
export interface KeyRing {
  /** @throws AppError `sealed` 503, `elastic-key-not-found` 404 */
  snapshot(key: KeyAddress): Promise<Snapshot>;
  /** A version by kid; null when this elastic key has none such. */
  version(elasticKey: ElasticKey, key: KeyAddress, id: string): Promise<UsableKey | null>;
  /** A row that was read just now, made usable. */
  open(key: KeyAddress, elasticKey: Pick<ElasticKey, 'algorithm'>, row: MaterialKeyRow): Promise<UsableKey>;
  forget(key: KeyAddress): void;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const slot = ({ tenantId, elasticKeyId }: KeyAddress) => `${tenantId}/${elasticKeyId}/`;

/** Remembers what is still loading, so that callers at once load once; a failure is not remembered. */
const remember = <E>(map: BoundedMap<E>, name: string, entry: E, loading: Promise<unknown>): E => {
  map.set(name, entry);
  loading.catch(() => {
    if (map.get(name) === entry) map.delete(name);
  });
  return entry;
};

/**
 * @param leaseMs how long a policy is used without a look at the database: what another replica changed holds here after that
 *   at the latest, which it waits for before it answers; what this one changed holds at once
 * @param elapsed milliseconds on a clock that never goes back
 */
export const createKeyRing = (options: {
  barrier: Barrier;
  database: (tenantId: string) => Promise<Database<TenantTables>>;
  elapsed?: () => number;
  leaseMs?: number;
  max?: number;
}): KeyRing => {
  const { barrier, database, elapsed = () => performance.now(), leaseMs = LEASE_MS, max = 4096 } = options;
  const snapshots = createBoundedMap<{ readonly at: number; readonly value: Promise<Snapshot> }>({ max });
  const versions = createBoundedMap<Promise<UsableKey>>({ max });

  barrier.onForget((tenantId) => {
    for (const map of [snapshots, versions]) {
      if (tenantId === null) map.clear();
      else map.deletePrefix(`${tenantId}/`);
    }
  });

  const load = async (key: KeyAddress, { algorithm }: Pick<ElasticKey, 'algorithm'>, row: MaterialKeyRow): Promise<UsableKey> => {
    const secret = await barrier.unwrap({ ...key, materialKeyId: row.id }, row.wrapped);
    try {
      return { id: row.id, version: row.version, ...(await importSecret(algorithmOf(algorithm), row.id, secret)) };
    } finally {
      secret.fill(0);
    }
  };

  const open: KeyRing['open'] = (key, elasticKey, row) => {
    const name = slot(key) + row.id;
    const known = versions.get(name);
    if (known) return known;
    const loading = load(key, elasticKey, row);
    return remember(versions, name, loading, loading);
  };

  const read = async (key: KeyAddress): Promise<Snapshot> => {
    const { db } = await database(key.tenantId);
    const row = await elasticKeyById(db, key.elasticKeyId);
    if (!row) throw elasticKeyNotFound();
    const elasticKey = elasticKeyOf(row);
    const [newest] = await materialKeysBelow(db, key.elasticKeyId, { below: row.latest_version + 1, limit: 1 });
    if (!newest) throw elasticKeyNotFound();
    return { elasticKey, newest: await open(key, elasticKey, newest) };
  };

  return {
    snapshot: (key) => {
      if (barrier.state() === 'sealed') return Promise.reject(sealedError());
      const at = elapsed();
      const known = snapshots.get(slot(key));
      if (known && at - known.at < leaseMs) return known.value;
      const value = read(key);
      return remember(snapshots, slot(key), { at, value }, value).value;
    },
    version: async (elasticKey, key, id) => {
      if (!UUID.test(id)) return null;
      const known = versions.get(slot(key) + id);
      if (known) return known;
      const { db } = await database(key.tenantId);
      const row = await materialKeyById(db, key.elasticKeyId, id);
      return row ? open(key, elasticKey, row) : null;
    },
    open,
    forget: (key) => {
      snapshots.delete(slot(key));
      versions.deletePrefix(slot(key));
    },
  };
};
