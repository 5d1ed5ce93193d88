import { randomUUIDv7 } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Tenant, TenantState } from '#kms/tenants/tenant.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import type { DemoResetRow } from '#kms/database/demo-resets.table.ts';
import type { Seed } from './seed-file.ts';

/** Queries of the demo data in the service database. Each is atomic only within the transaction that the caller gives. */

type Tx = Transaction<ServiceTables>;
type Connection = Kysely<ServiceTables> | Tx;

export const demoTenantsIn = (db: Connection, state: TenantState): Promise<readonly Tenant[]> =>
  tenantsStore(db).inState(state, { demo: true });

export const demoUsernames = async (db: Connection): Promise<ReadonlySet<string>> => {
  const rows = await db.selectFrom('kms_realm_users').select('username').where('demo', '=', 1).where('retired_at', 'is', null).execute();
  return new Set(rows.map((row) => row.username));
};

export const insertPreparing = async (tx: Tx, tenant: Tenant, at: number): Promise<void> => {
  const { id, name, schemaName } = tenant;
  await tx
    .insertInto('kms_tenants')
    .values({ id, name, schema_name: schemaName, state: 'preparing', demo: 1, created_at: at, retired_at: null })
    .execute();
};

/** @returns how many became active */
export const activate = async (tx: Tx, ids: readonly string[]): Promise<number> => {
  if (ids.length === 0) return 0;
  const { numUpdatedRows } = await tx
    .updateTable('kms_tenants')
    .set({ state: 'active' })
    .where('id', 'in', [...ids])
    .where('state', '=', 'preparing')
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
};

export const insertAccounts = async (tx: Tx, accounts: Seed['accounts'], tenants: Readonly<Record<string, string>>, at: number) => {
  for (const { username, password_hash, tenant, roles } of accounts) {
    await tx
      .insertInto('kms_realm_users')
      .values({
        id: randomUUIDv7(),
        username,
        password_hash,
        tenant_id: tenants[tenant] ?? '',
        roles: JSON.stringify(roles),
        demo: 1,
        created_at: at,
        retired_at: null,
      })
      .execute();
  }
};

/** Takes the demo out of use without deleting anything. */
export const retireAll = async (tx: Tx, at: number): Promise<void> => {
  await tx
    .updateTable('kms_tenants')
    .set({ state: 'retired', retired_at: at })
    .where('demo', '=', 1)
    .where('state', '=', 'active')
    .execute();
  await tx.updateTable('kms_realm_users').set({ retired_at: at }).where('demo', '=', 1).where('retired_at', 'is', null).execute();
};

/** Puts what was retired in use again; what is in use must have been deleted before. */
export const restoreRetired = async (tx: Tx): Promise<void> => {
  await tx
    .updateTable('kms_tenants')
    .set({ state: 'active', retired_at: null })
    .where('demo', '=', 1)
    .where('state', '=', 'retired')
    .execute();
  await tx.updateTable('kms_realm_users').set({ retired_at: null }).where('demo', '=', 1).where('retired_at', 'is not', null).execute();
};

/** Deletes the rows, and notes that their databases are to be dropped once the transaction is committed. */
export const deleteTenants = async (tx: Tx, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  const deleted = await tx
    .deleteFrom('kms_tenants')
    .where('demo', '=', 1)
    .where('id', 'in', [...ids])
    .returning('schema_name')
    .execute();
  if (deleted.length > 0) await tx.insertInto('kms_databases_to_drop').values(deleted).execute();
};

export const deleteAccounts = async (tx: Tx, which: 'in-use' | 'retired'): Promise<void> => {
  await tx
    .deleteFrom('kms_realm_users')
    .where('demo', '=', 1)
    .where('retired_at', which === 'retired' ? 'is not' : 'is', null)
    .execute();
};

export const latestReset = async (db: Connection): Promise<DemoResetRow | undefined> =>
  db.selectFrom('kms_demo_resets').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst();

/** Only the latest reset is remembered. */
export const insertReset = async (tx: Tx, id: string, at: number): Promise<void> => {
  await tx.deleteFrom('kms_demo_resets').execute();
  await tx.insertInto('kms_demo_resets').values({ id, state: 'pending', started_at: at }).execute();
};

export const setResetState = async (tx: Tx, id: string, state: DemoResetRow['state']): Promise<void> => {
  await tx.updateTable('kms_demo_resets').set({ state }).where('id', '=', id).execute();
};
