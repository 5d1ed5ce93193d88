import type { Kysely } from 'kysely';
import { storedWord } from '#infra/database/stored-values.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
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
 * Queries on `material_keys`; each but for `insertActive` is one statement, or one on condition that nobody changed the row since it
 * was read.
 *
 * @param db the database of the tenant, or a transaction on it
 * @param rows checks every row that becomes a version
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const materialKeysStore = (db: Kysely<TenantTables>, rows: TenantRows) => {
  const change = async (
    id: string,
    changes: (before: MaterialKeyRow) => Partial<MaterialKeyRow> | undefined,
  ): Promise<MaterialKeyRow | undefined> => {
    const [changed] = await rows.put('material_keys', db, async (tx) => {
      const query = tx.selectFrom('material_keys').selectAll().where('id', '=', id).limit(1);
      const after = await changeRow({
        read: async () => (await rows.read('material_keys', tx, () => query.execute(), { id }))[0],
        change: (before) => {
          const next = changes(before);
          return next && rows.next('material_keys', before, next);
        },
        write: (next, revision) =>
          tx.updateTable('material_keys').set(next).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
      });
      return after === undefined ? [] : [after];
    });
    return changed;
  };
  return {
    /** Deactivates the version before, then inserts. It belongs in the transaction that raised `latest_version` to this version. */
    insertActive: async (key: Pick<StoredMaterialKey, 'id' | 'elasticKeyId' | 'version' | 'wrapped' | 'createdAt'>): Promise<void> => {
      const { elasticKeyId, createdAt } = key;
      const active = await db
        .selectFrom('material_keys')
        .select('id')
        .where('elastic_key_id', '=', elasticKeyId)
        .where('state', '=', 'active')
        .execute();
      for (const { id } of active) await change(id, () => ({ state: 'deactivated', deactivated_at: createdAt }));
      const row = rows.first('material_keys', {
        id: key.id,
        elastic_key_id: elasticKeyId,
        version: key.version,
        state: 'active',
        wrapped: key.wrapped,
        protections_reserved: 0,
        created_at: createdAt,
        deactivated_at: null,
      });
      await rows.put('material_keys', db, async (tx) => {
        await tx.insertInto('material_keys').values(row).execute();
        return [row];
      });
    },

    byId: async (elasticKeyId: string, id: string): Promise<StoredMaterialKey | undefined> => {
      const query = db.selectFrom('material_keys').selectAll().where('id', '=', id).where('elastic_key_id', '=', elasticKeyId).limit(1);
      const [row] = await rows.read('material_keys', db, () => query.execute(), { id, elastic_key_id: elasticKeyId });
      return row && materialKeyOf(row);
    },

    /** Newest first, below a version; at most `limit`. */
    below: async (
      elasticKeyId: string,
      { below, from = 1, limit }: { readonly below: number; readonly from?: number; readonly limit: number },
    ): Promise<StoredMaterialKey[]> => {
      const query = db
        .selectFrom('material_keys')
        .selectAll()
        .where('elastic_key_id', '=', elasticKeyId)
        .where('version', '<', below)
        .where('version', '>=', from)
        .orderBy('version', 'desc')
        .limit(limit);
      const found = await rows.read('material_keys', db, () => query.execute(), { elastic_key_id: elasticKeyId });
      const stray = found.find(({ version }) => version < from || version >= below);
      if (stray !== undefined) throw rows.refusal('material_keys', stray.id);
      return found.map(materialKeyOf);
    },

    /**
     * Takes a block out of what a version may still protect: a conditional UPDATE, so that two processes never hold the same block
     * and the sum stays below the limit.
     *
     * @returns whether there was a whole block left
     */
    reserveProtections: async (id: string, { block, limit }: { readonly block: number; readonly limit: number }): Promise<boolean> => {
      const reserved = await change(id, ({ protections_reserved: before }) =>
        before < limit - block ? { protections_reserved: before + block } : undefined,
      );
      return reserved !== undefined;
    },
  };
};
