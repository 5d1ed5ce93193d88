import type { Database } from '#infra/database/databases.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { KeyAddress } from '../operations/crypto.ts';
import { leasesEnded } from '#kms/tenants/leases.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { DEFAULT_LIMIT, decodeCursor, encodeCursor } from '#kms/api/cursor.ts';
import { elasticKeyExpired, elasticKeyNotFound, elasticKeySuspended } from '../elastic-keys/elastic-key-errors.ts';
import { elasticKeyById, raiseVersion } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';
import type { PublicJwk, RandomBytes } from '#kms/jose/key-material.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { insertActiveMaterialKey, materialKeyById, materialKeysBelow } from './material-key.store.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';
import type { MaterialKey, MaterialKeyService } from './material-key.ts';
import { mintMaterialKey } from './mint.ts';

export interface MaterialKeyServiceOptions {
  readonly barrier: Barrier;
  readonly ring: KeyRing;
  readonly database: (tenantId: string) => Promise<Database<TenantTables>>;
  readonly now: () => number;
  readonly random?: RandomBytes | undefined;
}

/** Versions unwrapped at once for a JWK Set, so that a long one leaves the thread pool to others. */
const OPENED_AT_ONCE = 16;

const materialKeyNotFound = (): AppError =>
  new AppError('material-key-not-found', 404, 'This elastic key has no such material key.', {
    fix: 'List its material keys to find the id, which is the kid of what it made.',
  });

/** Why a rotation changed nothing, from the row as it is now. */
const refusalOf = (row: ElasticKeyRow | undefined): AppError => {
  if (!row) return elasticKeyNotFound();
  return row.state === 'active' ? elasticKeyExpired() : elasticKeySuspended();
};

export const createMaterialKeyService = ({ barrier, ring, database, now, random }: MaterialKeyServiceOptions): MaterialKeyService => {
  const open = async ({ tenantId, elasticKeyId }: KeyAddress): Promise<{ store: Database<TenantTables>; elasticKey: ElasticKeyRow }> => {
    if (barrier.state() === 'sealed') throw sealedError();
    const store = await database(tenantId);
    const elasticKey = await elasticKeyById(store.db, elasticKeyId);
    if (!elasticKey) throw elasticKeyNotFound();
    return { store, elasticKey };
  };

  const viewOf = async (key: KeyAddress, elasticKey: ElasticKeyRow, row: MaterialKeyRow): Promise<MaterialKey> => ({
    id: row.id,
    elasticKeyId: row.elastic_key_id,
    version: row.version,
    state: row.state,
    publicJwk: (await ring.open(key, elasticKey, row)).publicJwk,
    createdAt: row.created_at,
    deactivatedAt: row.deactivated_at,
  });

  return {
    rotate: async (tenantId, elasticKeyId) => {
      const key = { tenantId, elasticKeyId };
      const { store, elasticKey } = await open(key);
      const minted = await mintMaterialKey({ barrier, random, ...key, algorithm: elasticKey.algorithm });
      const createdAt = now();
      const row = await store
        .transaction(async (tx): Promise<MaterialKeyRow> => {
          const version = await raiseVersion(tx, elasticKeyId, createdAt);
          if (version === undefined) throw refusalOf(await elasticKeyById(tx, elasticKeyId));
          const made: MaterialKeyRow = {
            ...minted,
            elastic_key_id: elasticKeyId,
            version,
            state: 'active',
            protections_reserved: 0,
            created_at: createdAt,
            deactivated_at: null,
          };
          await insertActiveMaterialKey(tx, made);
          return made;
        })
        .finally(() => ring.forget(key));
      await leasesEnded(store.kind);
      return viewOf(key, elasticKey, row);
    },

    list: async (tenantId, elasticKeyId, { limit = DEFAULT_LIMIT, cursor } = {}) => {
      const key = { tenantId, elasticKeyId };
      const order = `material-keys/${elasticKeyId}`;
      const after = decodeCursor(order, 'number', cursor);
      const { store, elasticKey } = await open(key);
      // A cursor is not signed: no version beyond the column's range may come from one.
      const end = elasticKey.latest_version + 1;
      const below = after ? Math.max(0, Math.min(Number(after.value), end)) : end;
      const rows = await materialKeysBelow(store.db, elasticKeyId, { below, limit: limit + 1 });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const nextCursor = last && rows.length > limit ? encodeCursor(order, { value: last.version, id: last.id }) : null;
      return { items: await Promise.all(items.map((row) => viewOf(key, elasticKey, row))), nextCursor };
    },

    read: async (tenantId, elasticKeyId, id) => {
      const key = { tenantId, elasticKeyId };
      const { store, elasticKey } = await open(key);
      const row = await materialKeyById(store.db, elasticKeyId, id);
      if (!row) throw materialKeyNotFound();
      return viewOf(key, elasticKey, row);
    },

    jwks: async (tenantId, elasticKeyId) => {
      const key = { tenantId, elasticKeyId };
      const { store, elasticKey } = await open(key);
      if (elasticKey.state !== 'active' || algorithmOf(elasticKey.algorithm).key.kind === 'symmetric') return { keys: [] };
      const { latest_version: latest, min_decryption_version: from } = elasticKey;
      const rows = await materialKeysBelow(store.db, elasticKeyId, { below: latest + 1, from, limit: latest });
      const keys: PublicJwk[] = [];
      for (let at = 0; at < rows.length; at += OPENED_AT_ONCE) {
        const group = rows.slice(at, at + OPENED_AT_ONCE);
        const opened = await Promise.all(group.map((row) => ring.open(key, elasticKey, row)));
        keys.push(...opened.flatMap((version) => version.publicJwk ?? []));
      }
      return { keys };
    },
  };
};
