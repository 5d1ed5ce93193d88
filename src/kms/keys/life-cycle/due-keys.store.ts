import { type Kysely, sql } from 'kysely';
import type { ErasureDueRow } from '#kms/database/erasures-due.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';

/** The tables from which secrets are taken. */
export const TABLES_OF_SECRETS = ['material_keys', 'transport_keys'] as const satisfies readonly (keyof TenantTables)[];

/** Keys of one tenant, and versions, in one look; the next look has the others. */
const MAX_DUE = 1_000;

interface DueKeys {
  readonly elasticKeys: readonly string[];
  readonly materialKeys: readonly { readonly id: string; readonly elasticKeyId: string }[];
}

/**
 * Queries on what is due. They check no tag: who destroys a key reads its row again, and that is checked.
 *
 * @param db the database of the tenant, or a transaction on it
 */
export const dueKeysStore = (db: Kysely<TenantTables>) => ({
  /** @param now epoch milliseconds */
  due: async (now: number): Promise<DueKeys> => {
    const elasticKeys = await db.selectFrom('elastic_keys').select('id').where('deletion_due_at', '<=', now).limit(MAX_DUE).execute();
    const versions = await db
      .selectFrom('material_keys')
      .select(['id', 'elastic_key_id'])
      .where('deletion_due_at', '<=', now)
      .limit(MAX_DUE)
      .execute();
    return {
      elasticKeys: elasticKeys.map(({ id }) => id),
      materialKeys: versions.map(({ id, elastic_key_id: elasticKeyId }) => ({ id, elasticKeyId })),
    };
  },

  /** Removes the keys under which material of an elastic key may have come. */
  removeTransportKeys: async (rows: TenantRows, elasticKeyId: string): Promise<void> => {
    await rows.remove('transport_keys', db, async (tx) => {
      const gone = await tx.deleteFrom('transport_keys').where('elastic_key_id', '=', elasticKeyId).returning('id').execute();
      return gone.map(({ id }) => id);
    });
  },

  /** Removes the grants of an elastic key. */
  removeGrants: async (rows: TenantRows, elasticKeyId: string): Promise<void> => {
    await rows.remove('grants', db, async (tx) => {
      const gone = await tx.deleteFrom('grants').where('elastic_key_id', '=', elasticKeyId).returning('id').execute();
      return gone.map(({ id }) => id);
    });
  },

  /** Notes that the files still hold what this transaction destroyed. */
  erasureDue: async (): Promise<void> => {
    await db
      .insertInto('erasures_due')
      .values(TABLES_OF_SECRETS.map((table) => ({ table_name: table, not_before: null, destructions: 1 })))
      .onConflict((conflict) => conflict.column('table_name').doUpdateSet({ destructions: sql`erasures_due.destructions + 1` }))
      .execute();
  },

  /** The tables whose files still hold something that was destroyed. */
  erasuresDue: (): Promise<readonly ErasureDueRow[]> => db.selectFrom('erasures_due').selectAll().execute(),

  /** @param notBefore epoch milliseconds of the next attempt; null for at once */
  putErasuresOff: async (notBefore: number | null): Promise<void> => {
    await db.updateTable('erasures_due').set({ not_before: notBefore }).execute();
  },

  /** @param due as it was before they were erased: what was destroyed since then stays due */
  erased: async (due: readonly ErasureDueRow[]): Promise<void> => {
    for (const { table_name: table, destructions } of due)
      await db.deleteFrom('erasures_due').where('table_name', '=', table).where('destructions', '=', destructions).execute();
  },
});
