import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatPasswordHash } from '#infra/secrets/password-hash.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { createFileRealm } from '#kms/access/realms/file-realm.ts';
import { loadRealms } from '#kms/access/realms/load-realms.ts';
import { createNewUsers } from '#kms/access/realms/new-users.ts';
import { createPasswordRealms } from '#kms/access/realms/password-realms.ts';
import { createDatabaseRealm, type UserRealm } from '#kms/access/realms/realm-users.store.ts';
import type { RealmName } from '#kms/access/realms/realms-config.ts';
import { createRoles } from '#kms/access/roles.ts';
import { NEW_USER } from '#kms/database/realm-users.table.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createConnectionProofs } from '#infra/secrets/connection-proofs.ts';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { openService } from '#test/support/kms-keys.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { writeServiceRows } from '#test/support/written-rows.ts';

/** A hash that a password gives at once. */
const derive = async (password: string, salt: Uint8Array, rounds: number) =>
  Buffer.concat([Buffer.from(`${password}/${rounds}/${Buffer.from(salt).toString('hex')}`), Buffer.alloc(32)]).subarray(0, 32);
const hashOf = async (password: string) => {
  const salt = Buffer.alloc(16, 1);
  return formatPasswordHash({ iterations: 600_000, salt, hash: await derive(password, salt, 600_000) });
};

describe.each(databaseKinds())('The order of the realms on %s', (kind) => {
  const rows = rowsWithoutBarrier();
  let test: TestDatabases;
  beforeAll(async () => {
    test = await withDatabases(kind);
  });
  afterAll(() => test?.[Symbol.asyncDispose]());

  /** One name in both realms, with a password of its own in each. */
  const setup = async (order: readonly RealmName[], change: { readonly enabled?: boolean; readonly disabled_at?: number } = {}) => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'realms.yml');
    const [username, tenant] = [`user-${randomUUIDv7()}`, { id: randomUUID(), name: 'acme' } as TenantHandle];
    const user = { username, password: await hashOf('of the file'), tenant: 'acme', roles: ['user'], enabled: change.enabled ?? true };
    await writeFile(file, stringify({ order, file: { users: [user] } }));
    const config = await loadRealms(file);
    const { db } = await openService(test.databases);
    const roles = createRoles();
    const row = { id: randomUUIDv7(), username, tenant_id: tenant.id, roles: '["service"]', demo: 0, created_at: 1 };
    const profile = { ...NEW_USER, disabled_at: change.disabled_at ?? null, password_hash: await hashOf('of the database') };
    await writeServiceRows(db, rows, 'kms_realm_users', rows.of(tenant.id).first('kms_realm_users', { ...row, ...profile }));
    const database = createDatabaseRealm(db, rows, { roles, demo: false });
    const realms: Readonly<Record<RealmName, readonly UserRealm[]>> = {
      file: [createFileRealm(config.file.users, roles)],
      database: [database],
      federation: [],
    };
    const passwords = createPasswords({ derive });
    const logIns = createPasswordRealms({
      realms: config.order.flatMap((realm) => realms[realm]),
      unleased: [],
      tenants: { byId: async () => tenant, byName: async () => tenant },
      passwords,
      verified: createVerifiedCache({ ttlMs: 30_000, max: 100 }),
      proofs: createConnectionProofs({ ttlMs: 30_000, elapsed: () => 0 }),
      attempts: createAttemptLimits(),
      challenges: createChallenges('detailed'),
    });
    const logIn = (password: string) =>
      logIns.authenticate({ username, password, address: '192.0.2.1', connection: {} }).then(
        ({ roles: held }) => held.join(),
        (error: { readonly code: string }) => error.code,
      );
    const newUsers = createNewUsers({ config, realm: database, passwords, rows, now: () => 1 });
    return { username, newUsers, both: async () => [await logIn('of the file'), await logIn('of the database')] };
  };

  it.each<[readonly RealmName[], readonly [string, string]]>([
    [
      ['file', 'database', 'federation'],
      ['user', 'password-invalid'],
    ],
    [
      ['database', 'file', 'federation'],
      ['password-invalid', 'service'],
    ],
    [
      ['federation', 'database', 'file'],
      ['password-invalid', 'service'],
    ],
    [['file'], ['user', 'password-invalid']],
    [['database'], ['password-invalid', 'service']],
    [['federation'], ['password-invalid', 'password-invalid']],
  ])('%j decides which password of a name that both know is the right one', async (order, ends) => {
    expect(await (await setup(order)).both()).toEqual(ends);
  });

  it('does not go on behind a realm in which the user is disabled', async () => {
    const nobody = ['password-invalid', 'password-invalid'];
    expect(await (await setup(['file', 'database'], { enabled: false })).both()).toEqual(nobody);
    expect(await (await setup(['database', 'file'], { disabled_at: 1 })).both()).toEqual(nobody);
    expect(await (await setup(['file', 'database'], { disabled_at: 1 })).both()).toEqual(['user', 'password-invalid']);
  });

  it('makes no user of the database who would shut out one of the file, or be shut out, and none where that realm is off', async () => {
    for (const order of [
      ['file', 'database'],
      ['database', 'file'],
    ] as const) {
      const { newUsers, username } = await setup(order);
      expect(() => newUsers.check(username)).toThrow(expect.objectContaining({ code: 'username-used' }));
      expect(newUsers.check(`${username}-2`)).toBeUndefined();
    }
    const { newUsers } = await setup(['file', 'federation']);
    expect(() => newUsers.check('anybody')).toThrow(expect.objectContaining({ code: 'realm-switched-off' }));
    const { newUsers: alone, username } = await setup(['database']);
    expect(alone.check(username)).toBeUndefined();
  });
});
