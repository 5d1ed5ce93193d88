import { type Kysely, sql } from 'kysely';
import type { Operation } from '#kms/jose/algorithm.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Position } from '#kms/api/cursor.ts';
import type { ElasticKey, ListElasticKeys } from './elastic-key.ts';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';

type Connection = Kysely<TenantTables>;

export const elasticKeyOf = (row: ElasticKeyRow): ElasticKey => ({
  id: row.id,
  name: row.name,
  description: row.description,
  algorithm: row.algorithm,
  use: algorithmOf(row.algorithm).use,
  operations: JSON.parse(row.operations) as Operation[],
  state: row.state,
  latestVersion: row.latest_version,
  minDecryptionVersion: row.min_decryption_version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  expiresAt: row.expires_at,
});

export const insertElasticKey = async (tx: Connection, row: ElasticKeyRow): Promise<void> => {
  await tx.insertInto('elastic_keys').values(row).execute();
};

export const elasticKeyById = async (db: Connection, id: string): Promise<ElasticKeyRow | undefined> =>
  db.selectFrom('elastic_keys').selectAll().where('id', '=', id).executeTakeFirst();

/** One page after a position, in the order of the sort; one row more than `limit` tells whether there is a next page. */
export const elasticKeyPage = async (
  db: Connection,
  filter: Pick<ListElasticKeys, 'name' | 'algorithm' | 'state'>,
  page: { column: 'name' | 'created_at'; direction: 'asc' | 'desc'; after: Position | null; limit: number },
): Promise<ElasticKeyRow[]> => {
  const { column, direction, after, limit } = page;
  let query = db.selectFrom('elastic_keys').selectAll();
  if (filter.name !== undefined) query = query.where('name', '=', filter.name);
  if (filter.algorithm !== undefined) query = query.where('algorithm', '=', filter.algorithm);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (after) {
    const beyond = direction === 'asc' ? '>' : '<';
    query = query.where((where) =>
      where.or([where(column, beyond, after.value), where.and([where(column, '=', after.value), where('id', beyond, after.id)])]),
    );
  }
  return query
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(limit + 1)
    .execute();
};

/**
 * Changes the columns that are given, all or none, in one conditional UPDATE.
 *
 * @returns the row after the change, or undefined when there is no such key or it has no version `min_decryption_version`
 */
export const updateElasticKey = async (
  db: Connection,
  id: string,
  changes: Partial<Omit<ElasticKeyRow, 'id' | 'algorithm' | 'latest_version' | 'created_at'>>,
): Promise<ElasticKeyRow | undefined> =>
  db
    .updateTable('elastic_keys')
    .set(changes)
    .where('id', '=', id)
    .where('latest_version', '>=', changes.min_decryption_version ?? 1)
    .returningAll()
    .executeTakeFirst();

/**
 * Raises the latest version by one. The UPDATE locks the row, so that rotations at once get one version each; the
 * caller inserts that version in the same transaction.
 *
 * @returns the new version, or undefined when the key is not there, not active or expired
 */
export const raiseVersion = async (tx: Connection, id: string, now: number): Promise<number | undefined> => {
  const row = await tx
    .updateTable('elastic_keys')
    .set({ latest_version: sql<number>`latest_version + 1`, updated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .returning('latest_version')
    .executeTakeFirst();
  return row?.latest_version;
};
