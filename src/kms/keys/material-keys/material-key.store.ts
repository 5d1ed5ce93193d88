import type { Kysely } from 'kysely';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';

type Connection = Kysely<TenantTables>;

/** Belongs in the transaction that raised `latest_version` of the elastic key to this version. */
export const insertActiveMaterialKey = async (tx: Connection, row: MaterialKeyRow): Promise<void> => {
  await tx
    .updateTable('material_keys')
    .set({ state: 'deactivated', deactivated_at: row.created_at })
    .where('elastic_key_id', '=', row.elastic_key_id)
    .where('state', '=', 'active')
    .execute();
  await tx.insertInto('material_keys').values(row).execute();
};

export const materialKeyById = async (db: Connection, elasticKeyId: string, id: string): Promise<MaterialKeyRow | undefined> =>
  db.selectFrom('material_keys').selectAll().where('id', '=', id).where('elastic_key_id', '=', elasticKeyId).executeTakeFirst();

/** Newest first, below a version; at most `limit`. */
export const materialKeysBelow = async (
  db: Connection,
  elasticKeyId: string,
  { below, from = 1, limit }: { below: number; from?: number; limit: number },
): Promise<MaterialKeyRow[]> =>
  db
    .selectFrom('material_keys')
    .selectAll()
    .where('elastic_key_id', '=', elasticKeyId)
    .where('version', '<', below)
    .where('version', '>=', from)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();

/**
 * Takes a block out of what a version may still protect: one conditional UPDATE, so that two processes never hold the
 * same block and the sum stays below the limit.
 *
 * @returns whether there was a whole block left
 */
export const reserveProtections = async (
  db: Connection,
  id: string,
  { block, limit }: { block: number; limit: number },
): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('material_keys')
    .set((expression) => ({ protections_reserved: expression('protections_reserved', '+', block) }))
    .where('id', '=', id)
    .where('protections_reserved', '<', limit - block)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
};
