import { type Kysely, sql } from 'kysely';
import { storedTextMap, storedTexts, storedWord } from '#infra/database/stored-values.ts';
import type { Position } from '#infra/http/request/cursor.ts';
import type { ApiKeyRow } from '#kms/database/api-keys.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { type AskedLabel, hasLabel } from '#kms/keys/elastic-keys/labels.ts';
import { API_KEY_STATES, type ApiKey, type ApiKeyState } from './api-key.ts';

const apiKeyOf = (row: ApiKeyRow): ApiKey => {
  const of = (column: string) => `the ${column} of API key ${row.id}`;
  const { previous_hash: hash, previous_until: until } = row;
  return {
    id: row.id,
    name: row.name,
    labels: storedTextMap(row.labels, of('labels')),
    scopes: storedTexts(row.scopes, of('scopes')),
    state: storedWord(row.state, API_KEY_STATES, of('state')),
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    rotatedAt: row.rotated_at,
    revokedAt: row.revoked_at,
    hash: row.secret_hash,
    previous: hash === null || until === null ? null : { hash, until },
    revision: row.row_revision,
  };
};

const columnsOf = (key: Omit<ApiKey, 'revision'>) => ({
  id: key.id,
  name: key.name,
  labels: JSON.stringify(key.labels),
  scopes: JSON.stringify(key.scopes),
  state: key.state,
  created_by: key.createdBy,
  created_at: key.createdAt,
  updated_at: key.updatedAt,
  expires_at: key.expiresAt,
  rotated_at: key.rotatedAt,
  revoked_at: key.revokedAt,
  secret_hash: key.hash,
  previous_hash: key.previous?.hash ?? null,
  previous_until: key.previous?.until ?? null,
});

/** The beginning of a label in the JSON of its column; the quotes within names and values are escaped there, so that it occurs nowhere else. */
const labelInJson = ({ name, value }: AskedLabel): string => `${JSON.stringify(name)}:${value === undefined ? '"' : JSON.stringify(value)}`;

/** Which keys a list shows; all of it must be so. */
export interface ApiKeyFilter {
  readonly name?: string | undefined;
  readonly state?: ApiKeyState | undefined;
  readonly labels?: readonly AskedLabel[] | undefined;
}

/**
 * Queries on `api_keys`.
 *
 * @param db the database of the tenant, or a transaction on it
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const apiKeysStore = (db: Kysely<TenantTables>, rows: TenantRows) => {
  const rowById = async (id: string, of: Kysely<TenantTables> = db): Promise<ApiKeyRow | undefined> => {
    const query = of.selectFrom('api_keys').selectAll().where('id', '=', id).limit(1);
    const [row] = await rows.read('api_keys', of, () => query.execute(), { id });
    return row;
  };

  return {
    insert: async (key: Omit<ApiKey, 'revision'>): Promise<ApiKey> => {
      const row = rows.first('api_keys', columnsOf(key));
      await rows.put('api_keys', db, async (tx) => {
        await tx.insertInto('api_keys').values(row).execute();
        return [row];
      });
      return apiKeyOf(row);
    },

    byId: async (id: string): Promise<ApiKey | undefined> => {
      const row = await rowById(id);
      return row && apiKeyOf(row);
    },

    /** At most `limit` after a position, in the order in which they were made. */
    list: async (filter: ApiKeyFilter, page: { readonly after: Position | null; readonly limit: number }): Promise<readonly ApiKey[]> => {
      const { name, state, labels = [] } = filter;
      let query = db.selectFrom('api_keys').selectAll();
      if (name !== undefined) query = query.where('name', '=', name);
      if (state !== undefined) query = query.where('state', '=', state);
      // Letter by letter, which LIKE of SQLite is not; a tenant has few API keys, so this needs no index.
      for (const label of labels) query = query.where(sql<boolean>`replace(labels, ${labelInJson(label)}, '') <> labels`);
      const { after } = page;
      if (after !== null) {
        query = query.where((where) =>
          where.or([
            where('created_at', '>', Number(after.value)),
            where.and([where('created_at', '=', Number(after.value)), where('id', '>', after.id)]),
          ]),
        );
      }
      const ordered = query.orderBy('created_at').orderBy('id').limit(page.limit);
      const found = (await rows.read('api_keys', db, () => ordered.execute(), { name, state })).map(apiKeyOf);
      const mislabelled = found.find((key) => !labels.every((label) => hasLabel(key.labels, label)));
      if (mislabelled) throw rows.refusal('api_keys', mislabelled.id);
      return found;
    },

    /**
     * Changes a key, or nothing.
     *
     * @param decide gets the key as it is, and refuses the change by throwing
     * @returns the key after the change; undefined where there is none
     */
    update: async (id: string, decide: (before: ApiKey) => Partial<ApiKey>): Promise<ApiKey | undefined> => {
      const [changed] = await rows.put('api_keys', db, async (tx) => {
        const after = await changeRow({
          read: () => rowById(id, tx),
          change: (before) => {
            const key = apiKeyOf(before);
            return rows.next('api_keys', before, columnsOf({ ...key, ...decide(key) }));
          },
          write: (next, revision) =>
            tx.updateTable('api_keys').set(next).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
        });
        return after === undefined ? [] : [after];
      });
      return changed && apiKeyOf(changed);
    },

    remove: async (id: string): Promise<void> => {
      await rows.remove('api_keys', db, async (tx) => {
        const gone = await tx.deleteFrom('api_keys').where('id', '=', id).returning('id').execute();
        return gone.map((row) => row.id);
      });
    },

    count: async (): Promise<number> => {
      const query = db.selectFrom('api_keys').select(({ fn }) => fn.countAll().as('count'));
      return Number((await query.executeTakeFirstOrThrow()).count);
    },
  };
};
