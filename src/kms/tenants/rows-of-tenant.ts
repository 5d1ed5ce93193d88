import type { Transaction } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';

/**
 * Tables of the service database whose rows belong to a tenant each, by `tenant_id`. Whoever adds one appends it here, or the rows outlive
 * their tenant; a test looks for the column in every table.
 */
export const TABLES_OF_TENANTS = ['kms_realm_users', 'kms_browser_sessions'] as const;

/** Deletes all that the service database has of a tenant beside its own row and its content key. */
export const removeRowsOf = async (tx: Transaction<ServiceTables>, rows: Rows, tenantId: string): Promise<void> => {
  for (const table of TABLES_OF_TENANTS) {
    await rows.service.remove(table, tx, async (own) =>
      (await own.deleteFrom(table).where('tenant_id', '=', tenantId).returning('id').execute()).map(({ id }) => id),
    );
  }
  // No ledger lists these: decision 0020.
  await tx.deleteFrom('idempotency_keys').where('id', 'like', `${tenantId}.%`).execute();
};
