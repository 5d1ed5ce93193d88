import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRoles } from '#kms/access/roles.ts';
import { NEW_USER } from '#kms/database/realm-users.table.ts';
import { createDatabaseRealm } from '#kms/access/realms/realm-users.store.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { openService } from '#test/support/kms-keys.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';
import { writeServiceRows } from '#test/support/written-rows.ts';

describe.each(databaseKinds())('The database realm on %s', (kind) => {
  it('takes no plaintext, although the row is the own one of the KMS', async () => {
    await using test = await withDatabases(kind);
    const { db } = await openService(test.databases);
    const rows = rowsWithoutBarrier();
    const insert = async (stored: string): Promise<string> => {
      const row = {
        id: randomUUIDv7(),
        username: `user-${randomUUIDv7()}`,
        password_hash: stored,
        tenant_id: randomUUID(),
        roles: '["user"]',
        demo: 0,
        created_at: 1,
        ...NEW_USER,
      };
      await writeServiceRows(db, rows, 'kms_realm_users', rows.of(row.tenant_id).first('kms_realm_users', row));
      return row.username;
    };
    const realm = createDatabaseRealm(db, rows, { roles: createRoles(), demo: false });
    expect(await realm.find(await insert('$pbkdf2-sha256$'))).toMatchObject({ roles: ['user'], stored: '$pbkdf2-sha256$' });
    const refused = { code: 'password-plaintext-refused', status: 500 };
    await expect(realm.find(await insert('{plaintext}password'))).rejects.toMatchObject(refused);
  });
});
