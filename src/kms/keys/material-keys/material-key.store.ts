import type { Kysely } from 'kysely';
import { storedWord } from '#infra/database/stored-values.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { MATERIAL_KEY_STATES, type StoredMaterialKey } from './material-key.ts';

const materialKeyOf = (row: MaterialKeyRow): StoredMaterialKey => ({
  id: row.id,
  elasticKeyId: row.elastic_key_id,
  version: row.version,
  state: storedWord(row.state, MATERIAL_KEY_STATES, `the state of material key ${row.id}`),
  wrapped: row.wrapped,
  createdAt: row.created_at,
  deactivatedAt: row.deactivated_at,
});

/**
 * Queries on `material_keys`; each is one statement but for `insertActive`.
 *
 * @param db the database of the tenant, or a transaction on it
 */
export const materialKeysStore = (db: Kysely<TenantTables>) => ({
  /** Deactivates the version before. Two statements: it belongs in the transaction that raised `latest_version` to this version. */
  insertActive: async (key: Pick<StoredMaterialKey, 'id' | 'elasticKeyId' | 'version' | 'wrapped' | 'createdAt'>): Promise<void> => {
    const { elasticKeyId, createdAt } = key;
    await db
      .updateTable('material_keys')
      .set({ state: 'deactivated', deactivated_at: createdAt })
      .where('elastic_key_id', '=', elasticKeyId)
      .where('state', '=', 'active')
      .execute();
    const row: MaterialKeyRow = {
      id: key.id,
      elastic_key_id: elasticKeyId,
      version: key.version,
      state: 'active',
      wrapped: key.wrapped,
      protections_reserved: 0,
      created_at: createdAt,
      deactivated_at: null,
    };
    await db.insertInto('material_keys').values(row).execute();
  },

  byId: async (elasticKeyId: string, id: string): Promise<StoredMaterialKey | undefined> => {
    const row = await db
      .selectFrom('material_keys')
      .selectAll()
      .where('id', '=', id)
      .where('elastic_key_id', '=', elasticKeyId)
      .executeTakeFirst();
    return row && materialKeyOf(row);
  },

  /** Newest first, below a version; at most `limit`. */
  below: async (
    elasticKeyId: string,
    { below, from = 1, limit }: { readonly below: number; readonly from?: number; readonly limit: number },
  ): Promise<StoredMaterialKey[]> => {
    const rows = await db
      .selectFrom('material_keys')
      .selectAll()
      .where('elastic_key_id', '=', elasticKeyId)
      .where('version', '<', below)
      .where('version', '>=', from)
      .orderBy('version', 'desc')
      .limit(limit)
      .execute();
    return rows.map(materialKeyOf);
  },

  /**
   * Takes a block out of what a version may still protect: one conditional UPDATE, so that two processes never hold the same block
   * and the sum stays below the limit.
   *
   * @returns whether there was a whole block left
   */
  reserveProtections: async (id: string, { block, limit }: { readonly block: number; readonly limit: number }): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('material_keys')
      .set((expression) => ({ protections_reserved: expression('protections_reserved', '+', block) }))
      .where('id', '=', id)
      .where('protections_reserved', '<', limit - block)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
});
