import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { formatPasswordHash } from '#infra/secrets/password-hash.ts';
import { createDatabaseRealm } from '#kms/access/realms/realm-users.store.ts';
import type { UserRules } from '#kms/access/realms/user-rules.ts';
import { createRoles } from '#kms/access/roles.ts';
import { createReadScopes, expandScopes, FINE_SCOPES } from '#kms/access/scopes.ts';
import { createRealmUsers } from '#kms/access/users/create-realm-users.ts';
import { realmUserTag, realmUserView } from '#kms/access/users/realm-user.schemas.ts';
import type { CreateRealmUser, RealmUserAccount } from '#kms/access/users/realm-users.ts';
import type { Caller } from '#kms/caller.ts';
import { NEW_USER } from '#kms/database/realm-users.table.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { newIdempotencyKey, withKey } from '#test/kms/support/keyed-caller.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { testCaller } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const roles = createRoles([
  { name: 'helpdesk', includes: [], scopes: ['kms:users:read', 'kms:users:write', 'kms:crypto'] },
  { name: 'nothing', includes: [], scopes: [] },
]);
const readScopes = createReadScopes();
const HELPDESK = roles.scopesOf(['helpdesk']);
/** A hash that no password needs to be hashed for. */
const hash = (password: string) => `$pbkdf2-sha256$i=600000$${Buffer.from(password).toString('base64').replaceAll('=', '')}$made`;
const foreignHash = formatPasswordHash({ iterations: 600_000, salt: Buffer.alloc(16, 1), hash: Buffer.alloc(32, 2) });

describe.each(databaseKinds())('Users of a tenant on %s', (kind) => {
  let databases: TestDatabases;
  let kms: TestKms;
  beforeAll(async () => {
    databases = await withDatabases(kind);
    kms = await testKms(databases);
  });
  afterAll(() => databases?.[Symbol.asyncDispose]());

  /** A tenant of its own for each test; `caller` holds these scopes there. */
  const setup = async (more: { readonly max?: number; readonly fileUsers?: UserRules['fileUsers'] } = {}) => {
    const id = await kms.addTenant();
    const as = (scopes: ReadonlySet<string> = FINE_SCOPES): Caller =>
      testCaller({ id, name: `tenant-${id}`, database: () => kms.database(id) }, scopes as typeof FINE_SCOPES);
    const hashed: string[] = [];
    const users = createRealmUsers({
      operate: kms.operate,
      service: kms.service,
      rows: kms.rows,
      newUsers: {
        check: (username) => {
          if (username === 'of-the-file') throw new AppError('username-used', 409, 'Another user has this name.');
        },
        hash: async (password) => {
          hashed.push(password);
          return hash(password);
        },
      },
      rules: {
        roles,
        checkMetadata: (metadata) => ('bad' in metadata ? [{ field: '/bad', message: 'is bad' }] : []),
        fileUsers: more.fileUsers ?? [],
      },
      tenants: { byId: async () => ({ demo: false }) as TenantHandle },
      max: more.max ?? 1_000_000,
      now: () => kms.clock.now,
    });
    const realm = createDatabaseRealm(kms.service.db, kms.rows, { roles, demo: false });
    const make = (change: Partial<CreateRealmUser> = {}, caller = as()): Promise<RealmUserAccount> =>
      users.create(caller, {
        username: `user-${randomUUIDv7()}`,
        password: 'a long password',
        roles: ['user'],
        ...change,
      } as CreateRealmUser);
    return { users, as, make, hashed, realm, tenantId: id };
  };
  const refused = (act: Promise<unknown>) => act.then(() => null).catch((error: AppError) => error.code);

  it('are made, shown, changed and removed, and each change holds for log-ins at once', async () => {
    const { users, as, make, realm, tenantId } = await setup();
    const made = await make({ email: 'a@example.com', displayName: 'A', metadata: { cost_centre: 1 }, roles: ['user', 'service'] });
    expect(made).toMatchObject({ isEnabled: true, email: 'a@example.com', displayName: 'A', metadata: { cost_centre: 1 } });
    expect(await users.read(as(), made.id)).toEqual(made);
    expect(await users.read(as(), made.username)).toEqual(made);
    const found = {
      subject: made.id,
      tenant: { by: 'id', value: tenantId },
      isEnabled: true,
      scopes: expandScopes(['kms:read', 'kms:crypto']),
    };
    expect(await realm.find(made.username)).toMatchObject({ ...found, stored: hash('a long password') });

    kms.clock.now += 1_000;
    const changed = await users.change(as(), made.username, { roles: ['service'], email: null, isEnabled: false });
    expect(changed).toEqual({ ...made, roles: ['service'], email: null, isEnabled: false, updatedAt: made.createdAt + 1_000 });
    expect(await realm.find(made.username)).toMatchObject({ isEnabled: false, scopes: expandScopes(['kms:crypto']) });
    await users.change(as(), made.id, { isEnabled: true });
    kms.clock.now += 1_000;
    const reset = await users.setPassword(as(), made.id, { password: 'another password' });
    expect(reset).toMatchObject({ passwordChangedAt: made.createdAt + 2_000, isEnabled: true });
    expect(await realm.find(made.username)).toMatchObject({ stored: hash('another password') });

    expect(await users.remove(as(), made.username)).toEqual(reset);
    expect(await realm.find(made.username)).toBeUndefined();
    expect(await refused(users.read(as(), made.id))).toBe('realm-user-not-found');
    expect(await refused(users.change(as(), made.id, { isEnabled: true }))).toBe('realm-user-not-found');
    expect((await make({ username: made.username })).id).not.toBe(made.id);
  });

  it('come with hashes of other systems, which are stored in our form, and with no plaintext', async () => {
    const { users, as, make, realm, hashed } = await setup();
    const passlib = foreignHash.replace('$i=', '$').replaceAll('+', '.');
    const made = await users.create(as(), { username: `user-${randomUUIDv7()}`, roles: ['user'], passwordHash: passlib });
    expect((await realm.find(made.username))?.stored).toBe(foreignHash);
    expect(hashed).toEqual([]);
    const heavy = formatPasswordHash({ iterations: 2_000_001, salt: Buffer.alloc(16, 1), hash: Buffer.alloc(32, 2) });
    const blowfish = `$2b$12$${'a'.repeat(53)}`;
    for (const passwordHash of ['{plaintext}a long password', 'a long password', blowfish, heavy]) {
      const error: unknown = await users.setPassword(as(), made.id, { passwordHash }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'password-hash-invalid', status: 400, fields: [{ field: '/password_hash' }] });
      expect(JSON.stringify(error)).not.toContain('a long password');
    }
    expect(await refused(make({ password: undefined, passwordHash: blowfish } as never))).toBe('password-hash-invalid');
  });

  it('are listed by name in pages, by name and by state, and only those of the tenant', async () => {
    const { users, as, make } = await setup();
    const other = await setup();
    await other.make();
    const names = ['b', 'a', 'd', 'c', 'e'].map((letter) => `${letter}-${randomUUIDv7()}`);
    for (const username of names) await make({ username, isEnabled: !username.startsWith('d') });
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await users.list(as(), { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ username }) => username));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(names.toSorted());
    const list = async (query: Parameters<typeof users.list>[1]) => (await users.list(as(), query)).items.map(({ username }) => username);
    expect(await list({ isEnabled: false })).toEqual(names.filter((name) => name.startsWith('d')));
    expect(await list({ isEnabled: true })).toHaveLength(4);
    expect(await list({ username: names[0] ?? '' })).toEqual([names[0]]);
    expect(await refused(users.list(as(), { cursor: 'AAAA' }))).toBe('cursor-invalid');
  });

  it('of another tenant are missing, by id and by name, for every act, and their names are taken', async () => {
    const { make } = await setup();
    const { users, as, make: makeHere } = await setup();
    const { id, username } = await make();
    for (const user of [id, username]) {
      expect(await refused(users.read(as(), user))).toBe('realm-user-not-found');
      expect(await refused(users.change(as(), user, { isEnabled: false }))).toBe('realm-user-not-found');
      expect(await refused(users.setPassword(as(), user, { password: 'a long password' }))).toBe('realm-user-not-found');
      expect(await refused(users.remove(as(), user))).toBe('realm-user-not-found');
    }
    expect(await refused(makeHere({ username }))).toBe('username-used');
  });

  it('take nothing from who does not hold it: no role beyond his own, not in the making, not in a change', async () => {
    const { users, as, make } = await setup();
    const helpdesk = as(HELPDESK);
    const made = await make({ roles: ['service'] }, helpdesk);
    for (const given of [['admin'], ['service', 'tenant-admin'], ['user']]) {
      expect(await refused(make({ roles: given }, helpdesk))).toBe('beyond-own-scopes');
      expect(await refused(users.change(helpdesk, made.id, { roles: given }))).toBe('beyond-own-scopes');
    }
    const error: unknown = await make({ roles: ['admin'] }, helpdesk).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 403, message: expect.stringContaining('kms:api-keys:create') });
    expect((await users.change(helpdesk, made.id, { roles: ['helpdesk', 'nothing'] })).roles).toEqual(['helpdesk', 'nothing']);
  });

  it('who may do more than the caller are not changed by him: no password, no state, no removal', async () => {
    const { users, as, make, realm } = await setup();
    const boss = await make({ roles: ['admin'] });
    const helpdesk = as(HELPDESK);
    expect(await refused(users.setPassword(helpdesk, boss.id, { password: 'taken over now' }))).toBe('beyond-own-scopes');
    expect(await refused(users.setPassword(helpdesk, boss.username, { passwordHash: foreignHash }))).toBe('beyond-own-scopes');
    expect(await refused(users.change(helpdesk, boss.id, { roles: ['service'] }))).toBe('beyond-own-scopes');
    expect(await refused(users.change(helpdesk, boss.id, { isEnabled: false }))).toBe('beyond-own-scopes');
    expect(await refused(users.change(helpdesk, boss.id, { email: 'me@example.com' }))).toBe('beyond-own-scopes');
    expect(await refused(users.remove(helpdesk, boss.id, { isLastMeant: true }))).toBe('beyond-own-scopes');
    expect((await realm.find(boss.username))?.stored).toBe(hash('a long password'));
    expect(await users.read(helpdesk, boss.id)).toEqual(boss);
  });

  it('to whom a grant lends more than the caller holds get no password from him and are not enabled by him; the grantee, an operator, and who holds it, may', async () => {
    const { users, as, make, realm, hashed } = await setup();
    const key = await kms.make('A256GCM/A256KW', { caller: as() });
    const lent = await make({ roles: ['nothing'] });
    const grantee = { kind: 'realm-user', issuer: null, subject: lent.id } as const;
    const expiresAt = kms.clock.now + 3_600_000;
    await kms.grants.create(as(), key.id, { grantee, operations: ['encrypt', 'decrypt'], expiresAt });
    const administers: readonly FineScope[] = ['kms:users:read', 'kms:users:write'];
    const mallory = as(new Set([...administers, 'kms:encrypt']));
    const hashes = hashed.length;
    const error: unknown = await users.setPassword(mallory, lent.id, { password: 'taken over now' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'beyond-own-scopes', status: 403, message: expect.stringContaining('kms:decrypt') });
    expect(await refused(users.setPassword(mallory, lent.username, { passwordHash: foreignHash }))).toBe('beyond-own-scopes');
    expect([(await realm.find(lent.username))?.stored, hashed.length]).toEqual([hash('a long password'), hashes]);
    await users.change(mallory, lent.id, { isEnabled: false, email: 'me@example.com' });
    expect(await refused(users.change(mallory, lent.id, { isEnabled: true }))).toBe('beyond-own-scopes');

    const narrow = (scope: string): Caller => {
      const { scopes, keyScopes = [] } = readScopes([...administers, 'kms:encrypt', scope]);
      return { ...as(scopes), keyScopes };
    };
    expect(await refused(users.change(narrow('kms:key:another:decrypt'), lent.id, { isEnabled: true }))).toBe('beyond-own-scopes');
    for (const holder of [as(new Set([...administers, 'kms:encrypt', 'kms:decrypt'])), narrow(`kms:key:${key.name}:decrypt`)])
      await users.change(holder, lent.id, { isEnabled: true });
    await users.setPassword({ ...as(), authentication: { kind: 'operator' } }, lent.id, { password: 'of an operator' });
    const self = { ...as(new Set(administers)), subject: lent.id };
    await users.setPassword(self, lent.id, { password: 'a password of mine' });
    kms.clock.now = expiresAt;
    await users.setPassword(mallory, lent.id, { password: 'no grant any more' });
    await users.remove(mallory, lent.id);
  });

  it('keep one who administers them, unless that is meant: not disabled, not demoted, not removed', async () => {
    const { users, as, make } = await setup();
    const [one, two] = [await make({ roles: ['tenant-admin'] }), await make({ roles: ['helpdesk'], isEnabled: false })];
    const leaves: ((user: string, isLastMeant?: boolean) => Promise<unknown>)[] = [
      (user, isLastMeant = false) => users.change(as(), user, { isEnabled: false }, { isLastMeant }),
      (user, isLastMeant = false) => users.change(as(), user, { roles: ['user'] }, { isLastMeant }),
      (user, isLastMeant = false) => users.remove(as(), user, { isLastMeant }),
    ];
    for (const leave of leaves) expect(await refused(leave(one.id))).toBe('last-administrator');
    expect((await users.read(as(), one.id)).roles).toEqual(['tenant-admin']);
    await users.change(as(), one.id, { email: 'a@example.com' });
    await users.change(as(), two.id, { isEnabled: true });
    await users.change(as(), one.id, { isEnabled: false });
    for (const leave of leaves) expect(await refused(leave(two.username))).toBe('last-administrator');
    await users.remove(as(), one.id);
    await leaves[2]?.(two.id, true);
    expect((await users.list(as())).items).toEqual([]);
  });

  it('count one of the file who administers them', async () => {
    const fileUsers: { tenant: string; roles: string[]; enabled: boolean }[] = [];
    const { users, as, make, tenantId } = await setup({ fileUsers });
    const one = await make({ roles: ['tenant-admin'] });
    fileUsers.push({ tenant: `tenant-${tenantId}`, roles: ['tenant-admin'], enabled: false });
    fileUsers.push({ tenant: 'another', roles: ['tenant-admin'], enabled: true });
    expect(await refused(users.remove(as(), one.id))).toBe('last-administrator');
    fileUsers.push({ tenant: `tenant-${tenantId}`, roles: ['tenant-admin'], enabled: true });
    await users.remove(as(), one.id);
  });

  it('keep one of two administrators who remove each other at the same moment', async () => {
    for (let round = 0; round < 2; round += 1) {
      const { users, as, make } = await setup();
      const [one, two] = [await make({ roles: ['tenant-admin'] }), await make({ roles: ['tenant-admin'] })];
      const ends = await Promise.all([refused(users.remove(as(), one.id)), refused(users.change(as(), two.id, { isEnabled: false }))]);
      expect(ends.toSorted()).toEqual(['last-administrator', null].toSorted());
      expect((await users.list(as(), { isEnabled: true })).items).toHaveLength(1);
    }
  });

  it.each([
    ['that mixes scripts', 'аdmin', 'username-invalid'],
    ['in another spelling', 'ju\u0308rgen', 'username-invalid'],
    ['with a character that cannot be seen', 'ali\u200Bce', 'username-invalid'],
    ['of the form of an id', '019b2e0a-7c1a-7d3e-9b52-0c6f3a1e8d47', 'username-invalid'],
    ['that somebody of the file has', 'of-the-file', 'username-used'],
  ])('get no name %s', async (_, username, code) => {
    const { make, hashed } = await setup();
    expect(await refused(make({ username }))).toBe(code);
    expect(hashed).toEqual([]);
  });

  it('may be called as members of every object are', async () => {
    const { users, as, make, realm } = await setup();
    for (const username of ['__proto__', 'constructor', 'toString']) {
      expect(await realm.find(username)).toBeUndefined();
      const { id } = await make({ username });
      expect((await realm.find(username))?.subject).toBe(id);
      expect((await users.read(as(), username)).id).toBe(id);
      await users.remove(as(), username);
    }
  });

  it('get no role that does not exist, and no metadata that its schema refuses', async () => {
    const { users, as, make } = await setup();
    const { id } = await make();
    const wrong = { code: 'roles-unknown', status: 400, fields: [{ field: '/roles/1', fix: 'Did you mean user?' }] };
    await expect(make({ roles: ['user', 'usr'] })).rejects.toMatchObject(wrong);
    await expect(users.change(as(), id, { roles: ['user', 'usr'] })).rejects.toMatchObject(wrong);
    const bad = { code: 'metadata-invalid', status: 400, fields: [{ field: '/metadata/bad', message: 'is bad' }] };
    await expect(make({ metadata: { bad: 1 } })).rejects.toMatchObject(bad);
    await expect(users.change(as(), id, { metadata: { bad: 1 } })).rejects.toMatchObject(bad);
  });

  it('are as many as the tenant may have', async () => {
    const { users, as, make } = await setup({ max: 2 });
    const first = await make();
    await make();
    expect(await refused(make())).toBe('realm-users-quota');
    await users.remove(as(), first.id);
    await make();
  });

  it('change only as they were read, and a password that is hashed anew is no change', async () => {
    const { users, as, make } = await setup();
    const made = await make();
    const sameAs = (tag: string) => (current: RealmUserAccount) => {
      if (realmUserTag(current) !== tag) throw new AppError('precondition-failed', 412, 'changed');
    };
    const tag = realmUserTag(made);
    await users.change(as(), made.id, { email: 'a@example.com' }, { precondition: sameAs(tag) });
    for (const act of [
      () => users.change(as(), made.id, { email: null }, { precondition: sameAs(tag) }),
      () => users.setPassword(as(), made.id, { password: 'a long password' }, { precondition: sameAs(tag) }),
      () => users.remove(as(), made.id, { precondition: sameAs(tag) }),
    ])
      expect(await refused(act())).toBe('precondition-failed');
    expect(await users.read(as(), made.id)).toMatchObject({ email: 'a@example.com' });
  });

  it('made with an Idempotency-Key are made once, and neither password nor a hash of it that is guessed at once stands in the memory of that', async () => {
    const { users, as, tenantId } = await setup();
    const caller = withKey(as(), newIdempotencyKey());
    const input = { username: `user-${randomUUIDv7()}`, password: 'a long password', roles: ['user'] };
    const made = await users.create(caller, input);
    expect(await users.create(caller, input)).toEqual(made);
    const stored = await kms.service.db.selectFrom('idempotency_keys').selectAll().where('id', 'like', `${tenantId}.%`).execute();
    expect(stored).toHaveLength(1);
    expect(stored[0]?.answer).toMatch(/^v1\./);
    const fingerprint = caller.request?.idempotencyKey?.fingerprint ?? '';
    for (const secret of ['a long password', hash('a long password'), fingerprint]) expect(JSON.stringify(stored)).not.toContain(secret);
  });

  it('are shown without password and hash', async () => {
    const { make } = await setup();
    expect(Object.keys(realmUserView(await make())).toSorted()).toEqual([
      'created_at',
      'display_name',
      'email',
      'enabled',
      'id',
      'metadata',
      'password_changed_at',
      'roles',
      'updated_at',
      'username',
    ]);
  });

  it('are read, changed and found at ten thousand as at ten', async () => {
    const { users, as, make, realm, tenantId } = await setup();
    const few = await make();
    const timeOf = async (act: () => Promise<unknown>) => {
      const begun = performance.now();
      for (let n = 0; n < 5; n += 1) await act();
      return (performance.now() - begun) / 5;
    };
    const atTen = await timeOf(() => realm.find(few.username));
    const stamp = randomUUIDv7();
    const many = Array.from({ length: 10_000 }, (_, n) =>
      kms.rows.of(tenantId).first('kms_realm_users', {
        ...NEW_USER,
        id: randomUUIDv7(),
        username: `u-${stamp}-${String(n).padStart(5, '0')}`,
        password_hash: foreignHash,
        tenant_id: tenantId,
        roles: '["user"]',
        demo: 0,
        created_at: 1,
      }),
    );
    await kms.rows.service.put('kms_realm_users', kms.service.db, async (tx) => {
      for (let at = 0; at < many.length; at += 1_000)
        await tx
          .insertInto('kms_realm_users')
          .values(many.slice(at, at + 1_000))
          .execute();
      return many;
    });
    expect(await realm.find(`u-${stamp}-09999`)).toMatchObject({ isEnabled: true });
    // Slack for a machine that does much else.
    expect(await timeOf(() => realm.find(`u-${stamp}-05000`))).toBeLessThan(Math.max(atTen * 20, 200));
    expect(await timeOf(() => users.list(as(), { limit: 100 }))).toBeLessThan(2_000);
    expect(await timeOf(() => users.change(as(), few.id, { displayName: 'Few' }))).toBeLessThan(2_000);
    expect((await users.list(as(), { username: `u-${stamp}-07777` })).items).toHaveLength(1);
  });
});
