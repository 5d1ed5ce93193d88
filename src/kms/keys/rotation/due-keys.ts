import type { Kysely } from 'kysely';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { materialKeysStore } from '../material-keys/material-key.store.ts';

/** Why the KMS rotates a key by itself. */
export type RotationCause = 'period' | 'protections';

/** A key that is to be rotated: the version that it has, and why. */
export interface DueKey {
  readonly elasticKey: ElasticKey;
  readonly cause: RotationCause;
}

/** Keys of one tenant in one look; the next look has the others. */
const MAX_DUE = 1_000;

/**
 * Ids of keys that seem to be due. Their rows are not checked here: each is read again before anything is done.
 *
 * @param db the database of the tenant
 * @param now epoch milliseconds
 */
export const idsOfDueKeys = async (db: Kysely<TenantTables>, now: number): Promise<readonly string[]> => {
  const active = db
    .selectFrom('elastic_keys')
    .where('elastic_keys.state', '=', 'active')
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .limit(MAX_DUE);
  const byPeriod = await active.select('elastic_keys.id').where('next_rotation_at', '<=', now).execute();
  const byCount = await active
    .innerJoin('material_keys', (join) =>
      join.onRef('material_keys.elastic_key_id', '=', 'elastic_keys.id').onRef('material_keys.version', '=', 'elastic_keys.latest_version'),
    )
    .select('elastic_keys.id')
    .where('rotation_after_protections', 'is not', null)
    .whereRef('material_keys.protections_reserved', '>=', 'rotation_after_protections')
    .execute();
  return [...new Set([...byPeriod, ...byCount].map(({ id }) => id))];
};

/** The key with this id, if it is due; read and checked. */
export const dueKey = async (
  { db, rows }: { readonly db: Kysely<TenantTables>; readonly rows: TenantRows },
  id: string,
  now: number,
): Promise<DueKey | null> => {
  const elasticKey = await elasticKeysStore(db, rows).byId(id);
  if (elasticKey === undefined) return null;
  const { usage, nextRotationAt, latestVersion } = elasticKey;
  if (nextRotationAt !== null && nextRotationAt <= now) return { elasticKey, cause: 'period' };
  if (usage.rotationAfterProtections === null) return null;
  const [newest] = await materialKeysStore(db, rows).below(id, { below: latestVersion + 1, limit: 1 });
  const isDue = newest?.version === latestVersion && newest.protectionsReserved >= usage.rotationAfterProtections;
  return isDue ? { elasticKey, cause: 'protections' } : null;
};
