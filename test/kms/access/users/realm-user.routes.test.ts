import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const SERVICE = '/service/api/v1';
const USERS = `${SERVICE}/realm-users`;
const KEYS = `${SERVICE}/elastic-keys`;
const PASSWORD = 'correct horse battery';

type User = Readonly<Record<'id' | 'username', string>> & { readonly roles: readonly string[]; readonly enabled: boolean };

describe('Users over HTTP', () => {
  const clock = { ahead: 0 };
  let house: KmsHouse;
  let kms: RunningKms;
  let admin: { readonly authorization: string };
  beforeAll(async () => {
    house = await kmsHouse({ realms: { password_hash: { iterations: 210_000 } } });
    kms = await runKms(house, { elapsed: () => performance.now() + clock.ahead });
    const scope = 'kms:read kms:write kms:crypto kms:audit kms:admin';
    admin = bearer(await house.issuer.token((await kms.tenants())['demo'] ?? '', { claims: { scope } }));
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const ask = (path: string, method = 'GET', body?: Record<string, unknown>, headers: Record<string, string> = {}) =>
    kms.send(path, { method, headers: { ...admin, ...headers }, ...(body === undefined ? {} : { body }) });
  const create = async (more: Record<string, unknown> = {}) => {
    const answer = await ask(USERS, 'POST', { username: `user-${randomUUIDv7()}`, password: PASSWORD, roles: ['user'], ...more });
    return { answer, user: answer.json<User>() };
  };
  const logIn = async (username: string, password: string) => (await kms.send(KEYS, { headers: basic(username, password) })).status;

  it('log in from the answer on, are refused over their own connection once they are disabled or their password was set, and are gone when they are removed', async () => {
    const { answer, user } = await create({ email: 'a@example.com' });
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', location: `${USERS}/${user.id}` });
    expect(await logIn(user.username, PASSWORD)).toBe(200);
    const disabled = await ask(`${USERS}/${user.username}`, 'PATCH', { enabled: false });
    expect([disabled.status, disabled.json<User>().enabled]).toEqual([200, false]);
    expect(await logIn(user.username, PASSWORD)).toBe(401);
    expect((await ask(`${USERS}/${user.id}`, 'PATCH', { enabled: true })).status).toBe(200);
    expect(await logIn(user.username, PASSWORD)).toBe(200);
    const set = await ask(`${USERS}/${user.id}/password`, 'PUT', { password: 'another long password' });
    expect(set.status).toBe(200);
    expect(await logIn(user.username, PASSWORD)).toBe(401);
    expect(await logIn(user.username, 'another long password')).toBe(200);
    expect((await ask(`${USERS}/${user.id}`, 'DELETE')).json<User>()).toMatchObject({ id: user.id });
    expect(await logIn(user.username, 'another long password')).toBe(401);
    expect((await ask(`${USERS}/${user.id}`)).status).toBe(404);
    for (const { text } of [answer, disabled, set])
      for (const told of [PASSWORD, 'another long', 'pbkdf2', 'hash']) expect(text).not.toContain(told);

    clock.ahead += 1_000;
    const { items } = (await ask(`${SERVICE}/audit?limit=100`)).json<{ items: Record<string, string>[] }>();
    const acts = items.filter(({ object }) => object === `realm-user:${user.id}`).map(({ operation, outcome }) => [operation, outcome]);
    const changes = ['create', 'disable', 'enable', 'set-password', 'remove'].map((name) => `realm-user.${name}`);
    expect(acts.toReversed()).toEqual(
      changes.flatMap((name) => [
        [name, 'begun'],
        [name, 'done'],
      ]),
    );
    expect(JSON.stringify(items)).not.toContain(PASSWORD);
  });

  it('carry a tag, and are changed under it alone where the request names one', async () => {
    const { answer, user } = await create();
    const tag = String(answer.headers['etag']);
    const path = `${USERS}/${user.id}`;
    expect((await ask(path, 'GET', undefined, { 'if-none-match': tag })).status).toBe(304);
    const changed = await ask(path, 'PATCH', { display_name: 'A' }, { 'if-match': tag });
    expect(changed.status).toBe(200);
    for (const [method, body, of] of [
      ['PATCH', { display_name: 'B' }, path],
      ['PUT', { password: PASSWORD }, `${path}/password`],
      ['DELETE', undefined, path],
    ] as const)
      expect((await ask(of, method, body, { 'if-match': tag })).json()).toMatchObject({ status: 412, code: 'precondition-failed' });
    expect((await ask(path, 'DELETE', undefined, { 'if-match': String(changed.headers['etag']) })).status).toBe(200);
  });

  it('are made once with one Idempotency-Key, whose other password is another request', async () => {
    const body = { username: `user-${randomUUIDv7()}`, password: PASSWORD, roles: ['user'] };
    const key = { 'idempotency-key': `"${randomUUIDv7()}"` };
    const made = await ask(USERS, 'POST', body, key);
    expect((await ask(USERS, 'POST', body, key)).text).toBe(made.text);
    expect((await ask(USERS, 'POST', { ...body, password: `${PASSWORD}!` }, key)).json()).toMatchObject({ status: 422 });
    expect((await ask(USERS, 'POST', body)).json()).toMatchObject({ status: 409, code: 'username-used' });
  });

  it.each([
    ['no password', { password: undefined }, 'password-missing', '/password'],
    ['two passwords', { password_hash: 'x' }, 'password-missing', '/password'],
    ['a password that is too short', { password: 'short' }, 'request-invalid', '/password'],
    [
      'a plaintext as its hash',
      { password: undefined, password_hash: '{plaintext}correct horse' },
      'password-hash-invalid',
      '/password_hash',
    ],
    ['no role', { roles: [] }, 'request-invalid', '/roles'],
    ['a role that does not exist', { roles: ['root'] }, 'roles-unknown', '/roles/0'],
    ['a name with a colon', { username: 'a:b' }, 'request-invalid', '/username'],
    ['metadata that is no map', { metadata: [] }, 'request-invalid', '/metadata'],
    ['a tenant of its choice', { tenant: 'demo-other' }, 'request-invalid', '/tenant'],
    ['an id of its choice', { id: randomUUIDv7() }, 'request-invalid', '/id'],
  ])('are not made with %s, and the field is named', async (_, change, code, field) => {
    const { answer } = await create(change);
    const problem = answer.json<{ code: string; errors: { field: string }[] }>();
    expect([answer.status, problem.errors.map((each) => each.field)]).toEqual([400, [field]]);
    expect(problem.code).toBe(code);
    expect(answer.text).not.toContain('correct horse');
  });

  it('need their scope: who has none is told of it, and who reads changes nothing', async () => {
    const tenant = (await kms.tenants())['demo'] ?? '';
    const as = async (scope: string) => bearer(await house.issuer.token(tenant, { claims: { scope } }));
    const statuses = async (headers: { readonly authorization: string }) =>
      Promise.all([
        kms.send(USERS, { headers }).then(({ status }) => status),
        kms.send(`${USERS}/demo-user`, { method: 'PATCH', headers, body: { display_name: 'A' } }).then(({ status }) => status),
      ]);
    expect(await statuses(await as('kms:read kms:write kms:crypto kms:audit'))).toEqual([403, 403]);
    expect(await statuses(await as('kms:users:read'))).toEqual([200, 403]);
  });

  it('are administered by operators at the admin listener as well, within a tenant that they name, and the audit of the tenant says who it was', async () => {
    const tenants = await kms.tenants();
    const username = `user-${randomUUIDv7()}`;
    const base = '/admin/v1/tenants/demo-other/realm-users';
    const made = await kms.sendAdmin(base, { method: 'POST', body: { username, password: PASSWORD, roles: ['tenant-admin'] } });
    expect(made.status).toBe(201);
    expect(await logIn(username, PASSWORD)).toBe(200);
    const byId = `/admin/v1/tenants/${tenants['demo-other']}/realm-users`;
    const { items } = (await kms.sendAdmin(`${byId}?username=${username}`)).json<{ items: User[] }>();
    expect(items).toMatchObject([{ username, roles: ['tenant-admin'] }]);
    expect((await ask(`${USERS}/${username}`)).status).toBe(404);
    expect((await kms.sendAdmin(`/admin/v1/tenants/demo/realm-users/${username}`)).status).toBe(404);
    expect((await kms.sendAdmin('/admin/v1/tenants/nobody/realm-users')).json()).toMatchObject({ status: 404, code: 'tenant-not-found' });
    // Readers have the index brought up to date once a second.
    clock.ahead += 1_000;
    const audit = await kms.send(`${SERVICE}/audit?operation=realm-user.create`, { headers: basic(username, PASSWORD) });
    expect(audit.json<{ items: object[] }>().items[0]).toMatchObject({ credential: 'operator', subject: 'passthru-cli', outcome: 'done' });
    expect((await kms.sendAdmin(`${base}/${username}`, { method: 'DELETE' })).status).toBe(200);
    expect(await logIn(username, PASSWORD)).toBe(401);
  });
});
