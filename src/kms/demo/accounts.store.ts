import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import { NEW_USER, type RealmUserRow } from '#kms/database/realm-users.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { Seed } from './seed-file.ts';

/**
 * The demo's accounts among the users of the database realm. Those that change several are atomic only within the transaction that
 * they are given.
 *
 * @param db the service database, or a transaction on it
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write; `sealed` 503
 */
export const accountsStore = (db: Kysely<ServiceTables>, rows: Rows) => {
  const found = async (which: 'in-use' | 'retired'): Promise<readonly RealmUserRow[]> => {
    const operator = which === 'retired' ? 'is not' : 'is';
    const query = db.selectFrom('kms_realm_users').selectAll().where('demo', '=', 1).where('retired_at', operator, null);
    const asked = { demo: 1, retired_at: which === 'in-use' ? null : undefined };
    return rows.service.read('kms_realm_users', db, () => query.execute(), asked);
  };
  const setRetired = async (which: 'in-use' | 'retired', at: number | null): Promise<void> => {
    for (const { id } of await found(which)) {
      await rows.service.put('kms_realm_users', db, async (tx) => {
        const query = tx.selectFrom('kms_realm_users').selectAll().where('id', '=', id).limit(1);
        const changed = await changeRow({
          read: async () => (await rows.service.read('kms_realm_users', tx, () => query.execute(), { id, demo: 1 }))[0],
          change: (before) => rows.of(before.tenant_id).next('kms_realm_users', before, { retired_at: at }),
          write: (after, revision) =>
            tx
              .updateTable('kms_realm_users')
              .set(after)
              .where('id', '=', id)
              .where('row_revision', '=', revision)
              .executeTakeFirstOrThrow(),
        });
        return changed === undefined ? [] : [changed];
      });
    }
  };
  return {
    /** User names in use. */
    usernames: async (): Promise<ReadonlySet<string>> => new Set((await found('in-use')).map((row) => row.username)),
    insert: async (accounts: Seed['accounts'], tenants: DemoTenants, at: number): Promise<void> => {
      if (accounts.length === 0) return;
      const made = accounts.map(({ username, password_hash, tenant, roles }) => {
        const tenantId = tenants[tenant] ?? '';
        return rows.of(tenantId).first('kms_realm_users', {
          id: randomUUIDv7(),
          username,
          password_hash,
          tenant_id: tenantId,
          roles: JSON.stringify(roles),
          demo: 1,
          created_at: at,
          ...NEW_USER,
        });
      });
      await rows.service.put('kms_realm_users', db, async (tx) => {
        await tx.insertInto('kms_realm_users').values(made).execute();
        return made;
      });
    },
    retire: (at: number): Promise<void> => setRetired('in-use', at),
    restoreRetired: (): Promise<void> => setRetired('retired', null),
    delete: async (which: 'in-use' | 'retired'): Promise<void> => {
      const operator = which === 'retired' ? 'is not' : 'is';
      await rows.service.remove('kms_realm_users', db, async (tx) => {
        const query = tx.deleteFrom('kms_realm_users').where('demo', '=', 1).where('retired_at', operator, null);
        return (await query.returning('id').execute()).map(({ id }) => id);
      });
    },
  };
};
