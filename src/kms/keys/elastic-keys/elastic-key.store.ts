import type { Kysely } from 'kysely';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { Position } from '#infra/http/request/cursor.ts';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { type AlgorithmName, VARIANTS } from '#kms/jose/algorithms.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { isScopedKey, type keysReached } from '#kms/rights/key-scopes.ts';
import { elasticKeyNameTaken, elasticKeyNotFound } from './elastic-key-errors.ts';
import { columnsOf, type ElasticKeyChanges, elasticKeyOf, type NewElasticKey, rowOf } from './elastic-key.row.ts';
import type { ElasticKey, ListElasticKeys } from './elastic-key.ts';
import { formerNamesStore } from './former-names.store.ts';
import { type AskedLabel, hasLabel } from './labels.ts';
import { reachedKeys, scopedKeyOf } from './reached-keys.ts';
import { nextRotationOf } from './usage.ts';

/** So many keys are looked up by their ids; a walk through all keys meets one of more than these before long. */
const FEW_IDS = 200;

/** A unique violation on this table is always the name: ids are ours. */
const nameTaken = (name: string | undefined) => (error: unknown) => {
  throw name !== undefined && isUniqueViolation(error) ? elasticKeyNameTaken(name) : error;
};

/** Writes the labels of a key into the table that they are looked for in. */
const indexLabels = async (tx: Kysely<TenantTables>, { id, labels }: Pick<ElasticKey, 'id' | 'labels'>): Promise<void> => {
  await tx.deleteFrom('elastic_key_labels').where('elastic_key_id', '=', id).execute();
  const rows = Object.entries(labels).map(([name, value]) => ({ elastic_key_id: id, name, value }));
  if (rows.length > 0) await tx.insertInto('elastic_key_labels').values(rows).execute();
};

/**
 * Queries on `elastic_keys`; each is one statement, or one on condition that nobody changed the row since it was read.
 *
 * @param db the database of the tenant, or a transaction on it
 * @param rows checks every row that becomes an elastic key
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const elasticKeysStore = (db: Kysely<TenantTables>, rows: TenantRows) => {
  const rowById = async (id: string, of: Kysely<TenantTables> = db): Promise<ElasticKeyRow | undefined> => {
    const query = of.selectFrom('elastic_keys').selectAll().where('id', '=', id).limit(1);
    const [row] = await rows.read('elastic_keys', of, () => query.execute(), { id });
    return row;
  };
  const change = async (
    id: string,
    changes: (before: ElasticKeyRow) => Partial<ElasticKeyRow> | undefined,
  ): Promise<ElasticKeyRow | undefined> => {
    const [changed] = await rows.put('elastic_keys', db, async (tx) => {
      const after = await changeRow({
        read: () => rowById(id, tx),
        change: (before) => {
          const next = changes(before);
          return next && rows.next('elastic_keys', before, next);
        },
        write: (next, revision) =>
          tx.updateTable('elastic_keys').set(next).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
      });
      return after === undefined ? [] : [after];
    });
    return changed;
  };
  /** The ids of the keys with a label, or null where they are more than a few. */
  const fewWithLabel = async ({ name, value }: AskedLabel): Promise<readonly string[] | null> => {
    let query = db.selectFrom('elastic_key_labels').select('elastic_key_id').where('name', '=', name);
    if (value !== undefined) query = query.where('value', '=', value);
    const found = await query.limit(FEW_IDS + 1).execute();
    return found.length > FEW_IDS ? null : found.map(({ elastic_key_id: id }) => id);
  };
  /**
   * Notes at a key whether another had its name before. Its name is in its row by then, so who gave it up at the same time has done so.
   *
   * @returns its row after that
   */
  const named = async (row: ElasticKeyRow): Promise<ElasticKeyRow> => {
    const first = await formerNamesStore(db, rows).firstOf(row.name);
    const takenOver = first === undefined || first === row.id ? null : 1;
    if (row.name_taken_over === takenOver) return row;
    return (await change(row.id, () => ({ name_taken_over: takenOver }))) ?? row;
  };
  return {
    /** @throws AppError `elastic-key-name-taken` 409 */
    insert: async (key: NewElasticKey): Promise<ElasticKey> => {
      const row = rows.first('elastic_keys', rowOf(key));
      await rows.put('elastic_keys', db, async (tx) => {
        await tx.insertInto('elastic_keys').values(row).execute().catch(nameTaken(key.name));
        await indexLabels(tx, key);
        return [row];
      });
      return elasticKeyOf(await named(row));
    },

    byId: async (id: string): Promise<ElasticKey | undefined> => {
      const row = await rowById(id);
      return row && elasticKeyOf(row);
    },

    idByName: async (name: string): Promise<string | undefined> => {
      const query = db.selectFrom('elastic_keys').selectAll().where('name', '=', name).limit(1);
      const [row] = await rows.read('elastic_keys', db, () => query.execute(), { name });
      return row?.id;
    },

    /** At most `limit` after a position, in the order of the sort. */
    list: async (
      filter: Pick<ListElasticKeys, 'name' | 'algorithm' | 'state' | 'labels'> & { readonly reached?: ReturnType<typeof keysReached> },
      page: { column: 'name' | 'created_at'; direction: 'asc' | 'desc'; after: Position | null; limit: number },
    ): Promise<ElasticKey[]> => {
      const { column, direction, after, limit } = page;
      let query = db.selectFrom('elastic_keys').selectAll();
      if (filter.name !== undefined) query = query.where('name', '=', filter.name);
      const variants: readonly AlgorithmName[] | undefined =
        filter.algorithm === undefined ? undefined : (VARIANTS.get(filter.algorithm) ?? []);
      if (variants !== undefined) query = query.where('algorithm', 'in', variants);
      if (filter.state !== undefined) query = query.where('state', '=', filter.state);
      const { labels = [], reached = [] } = filter;
      for (const keys of reached) query = query.where((where) => reachedKeys(where, keys));
      for (const label of labels) {
        // By their ids where they are few; not where many keys have it, so that a page costs no more then.
        const ids = await fewWithLabel(label);
        if (ids?.length === 0) return [];
        if (ids !== null) query = query.where('id', 'in', ids);
        query = query.where(({ exists, selectFrom }) => {
          const found = selectFrom('elastic_key_labels')
            .select('elastic_key_labels.name')
            .whereRef('elastic_key_labels.elastic_key_id', '=', 'elastic_keys.id')
            .where('elastic_key_labels.name', '=', label.name);
          return exists(label.value === undefined ? found : found.where('elastic_key_labels.value', '=', label.value));
        });
      }
      if (after) {
        const beyond = direction === 'asc' ? '>' : '<';
        query = query.where((where) =>
          where.or([where(column, beyond, after.value), where.and([where(column, '=', after.value), where('id', beyond, after.id)])]),
        );
      }
      const ordered = query.orderBy(column, direction).orderBy('id', direction).limit(limit);
      const { name, state } = filter;
      const found = (await rows.read('elastic_keys', db, () => ordered.execute(), { name, state })).map(elasticKeyOf);
      const stray = variants && found.find(({ algorithm }) => !variants.includes(algorithm));
      const mislabelled = found.find((key) => !labels.every((label) => hasLabel(key.labels, label)));
      const unreached = found.find((key) => !reached.every((keys) => keys.some((scoped) => isScopedKey(scoped, scopedKeyOf(key)))));
      const odd = stray ?? mislabelled ?? unreached;
      if (odd) throw rows.refusal('elastic_keys', odd.id);
      return found;
    },

    /**
     * Changes all members that are given, or none. Its write locks the row until the end of the transaction.
     *
     * @param decide gets the key as it is, and refuses the change by throwing
     * @returns the key after the change
     * @throws AppError `elastic-key-not-found` 404, `elastic-key-name-taken` 409
     */
    update: async (id: string, decide: (before: ElasticKey) => ElasticKeyChanges): Promise<ElasticKey> => {
      let changes: (ElasticKeyChanges & { readonly formerName: string }) | undefined;
      const row = await change(id, (before) => {
        const decided = decide(elasticKeyOf(before));
        changes = { ...decided, formerName: before.name };
        return columnsOf(decided);
      }).catch((error: unknown) => nameTaken(changes?.name)(error));
      if (row === undefined || changes === undefined) throw elasticKeyNotFound();
      const isRenamed = changes.formerName !== row.name;
      if (isRenamed) await formerNamesStore(db, rows).giveUp(changes.formerName, id);
      const after = elasticKeyOf(isRenamed ? await named(row) : row);
      if (changes.labels !== undefined) await indexLabels(db, after);
      return after;
    },

    /**
     * Raises the latest version by one; a key that was pending import is active from then on. Its write locks the row, so that rotations
     * at once get one version each; the caller inserts that version in the same transaction.
     *
     * @param assertMay refuses by throwing, and lets through none but an active key and one that is pending import
     * @returns the new version
     * @throws AppError `elastic-key-not-found` 404
     */
    raiseVersion: async (id: string, now: number, assertMay: (before: ElasticKey) => void): Promise<number> => {
      const row = await change(id, (before) => {
        const key = elasticKeyOf(before);
        assertMay(key);
        const nextRotationAt = nextRotationOf(key.usage, now);
        return {
          state: 'active',
          latest_version: key.latestVersion + 1,
          latest_version_at: now,
          next_rotation_at: nextRotationAt,
          updated_at: now,
        };
      });
      if (row === undefined) throw elasticKeyNotFound();
      return row.latest_version;
    },
  };
};
