import type { Kysely } from 'kysely';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';

/** The tables from which secrets are taken. */
export const TABLES_OF_SECRETS = ['material_keys', 'transport_keys'] as const satisfies readonly (keyof TenantTables)[];

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
    const elasticKeys = await db.selectFrom('elastic_keys').select('id').where('deletion_due_at', '<=', now).execute();
    const versions = await db.selectFrom('material_keys').select(['id', 'elastic_key_id']).where('deletion_due_at', '<=', now).execute();
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

  /** Notes that the files still hold what this transaction destroyed. */
  erasureDue: async (): Promise<void> => {
    await db
      .insertInto('erasures_due')
      .values(TABLES_OF_SECRETS.map((table) => ({ table_name: table })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  },

  isErasureDue: async (): Promise<boolean> => (await db.selectFrom('erasures_due').select('table_name').limit(1).execute()).length > 0,

  erased: async (): Promise<void> => {
    await db.deleteFrom('erasures_due').execute();
  },
});
