import { type Kysely, sql } from 'kysely';
import { storedTexts, storedWord } from '#infra/database/stored-values.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { Position } from '#kms/api/cursor.ts';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { OPERATIONS } from '#kms/jose/algorithm.ts';
import { ALGORITHM_NAMES, algorithmOf } from '#kms/jose/algorithms.ts';
import { elasticKeyNameTaken } from './elastic-key-errors.ts';
import { ELASTIC_KEY_STATES, type ElasticKey, type ListElasticKeys } from './elastic-key.ts';

const elasticKeyOf = (row: ElasticKeyRow): ElasticKey => {
  const of = (column: string) => `the ${column} of elastic key ${row.id}`;
  const algorithm = storedWord(row.algorithm, ALGORITHM_NAMES, of('algorithm'));
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    algorithm,
    use: algorithmOf(algorithm).use,
    operations: storedTexts(row.operations, of('operations')).map((operation) => storedWord(operation, OPERATIONS, of('operations'))),
    state: storedWord(row.state, ELASTIC_KEY_STATES, of('state')),
    latestVersion: row.latest_version,
    minDecryptionVersion: row.min_decryption_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  };
};

/** Members of an elastic key that may change, and the time of the change. */
export type ElasticKeyChanges = Partial<
  Pick<ElasticKey, 'name' | 'description' | 'operations' | 'state' | 'minDecryptionVersion' | 'expiresAt'>
> &
  Pick<ElasticKey, 'updatedAt'>;

const columnsOf = (changes: ElasticKeyChanges): Partial<ElasticKeyRow> => {
  const { name, description, operations, state, minDecryptionVersion, expiresAt, updatedAt } = changes;
  return {
    updated_at: updatedAt,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(operations === undefined ? {} : { operations: JSON.stringify(operations) }),
    ...(state === undefined ? {} : { state }),
    ...(minDecryptionVersion === undefined ? {} : { min_decryption_version: minDecryptionVersion }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
};

/** A unique violation on this table is always the name: ids are ours. */
const nameTaken = (name: string | undefined) => (error: unknown) => {
  throw name !== undefined && isUniqueViolation(error) ? elasticKeyNameTaken(name) : error;
};

/**
 * Queries on `elastic_keys`; each is one statement, so that it is atomic by itself.
 *
 * @param db the database of the tenant, or a transaction on it
 */
export const elasticKeysStore = (db: Kysely<TenantTables>) => ({
  /** @throws AppError `elastic-key-name-taken` 409 */
  insert: async (key: ElasticKey): Promise<void> => {
    const row: ElasticKeyRow = {
      id: key.id,
      name: key.name,
      description: key.description,
      algorithm: key.algorithm,
      operations: JSON.stringify(key.operations),
      state: key.state,
      latest_version: key.latestVersion,
      min_decryption_version: key.minDecryptionVersion,
      created_at: key.createdAt,
      updated_at: key.updatedAt,
      expires_at: key.expiresAt,
    };
    await db.insertInto('elastic_keys').values(row).execute().catch(nameTaken(key.name));
  },

  byId: async (id: string): Promise<ElasticKey | undefined> => {
    const row = await db.selectFrom('elastic_keys').selectAll().where('id', '=', id).executeTakeFirst();
    return row && elasticKeyOf(row);
  },

  /** At most `limit` after a position, in the order of the sort. */
  list: async (
    filter: Pick<ListElasticKeys, 'name' | 'algorithm' | 'state'>,
    page: { column: 'name' | 'created_at'; direction: 'asc' | 'desc'; after: Position | null; limit: number },
  ): Promise<ElasticKey[]> => {
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
    const rows = await query.orderBy(column, direction).orderBy('id', direction).limit(limit).execute();
    return rows.map(elasticKeyOf);
  },

  /**
   * Changes all members that are given, or none.
   *
   * @returns the key after the change, or undefined when there is no such key or it has no version `minDecryptionVersion`
   * @throws AppError `elastic-key-name-taken` 409
   */
  update: async (id: string, changes: ElasticKeyChanges): Promise<ElasticKey | undefined> => {
    const row = await db
      .updateTable('elastic_keys')
      .set(columnsOf(changes))
      .where('id', '=', id)
      .where('latest_version', '>=', changes.minDecryptionVersion ?? 1)
      .returningAll()
      .executeTakeFirst()
      .catch(nameTaken(changes.name));
    return row && elasticKeyOf(row);
  },

  /**
   * Raises the latest version by one. The statement locks the row, so that rotations at once get one version each; the caller
   * inserts that version in the same transaction.
   *
   * @returns the new version, or undefined when the key is not there, not active or expired
   */
  raiseVersion: async (id: string, now: number): Promise<number | undefined> => {
    const row = await db
      .updateTable('elastic_keys')
      .set({ latest_version: sql<number>`latest_version + 1`, updated_at: now })
      .where('id', '=', id)
      .where('state', '=', 'active')
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
      .returning('latest_version')
      .executeTakeFirst();
    return row?.latest_version;
  },
});
