import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const TENANTS = '/service/api/v1/tenants';
const KEYS = '/service/api/v1/elastic-keys';
const OPERATOR = basic('demo-admin', 'demo-admin-password');
/** The client certificate of a service of the tenant whose name this is, too. */
const service = `service-${randomUUIDv7()}`;

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse({
    clients: { [service]: [] },
    realms: { certificates: { clients: [{ common_name: service, tenant: service, roles: ['user'] }] } },
  });
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

const ask = (
  method: string,
  path: string,
  { body, headers = {} }: { body?: Record<string, unknown>; headers?: Record<string, string> } = {},
) => kms.send(`${TENANTS}${path}`, { method, headers: { ...OPERATOR, ...headers }, ...(body === undefined ? {} : { body }) });
const create = async (name = `t-${randomUUIDv7()}`) => (await ask('POST', '', { body: { name } })).json<Tenant>();

describe('The routes of tenants', () => {
  it('make, show, change, remove after a wait and restore one, each with the tag of its state', async () => {
    const name = `t-${randomUUIDv7()}`;
    const made = await ask('POST', '', { body: { name, description: 'A shop', labels: { env: 'prod' } } });
    expect(made.status).toBe(201);
    const { id } = made.json<Tenant>();
    expect(made.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      name,
      description: 'A shop',
      labels: { env: 'prod' },
      state: 'active',
      demo: false,
      created_at: expect.any(String) as string,
      suspended_at: null,
      removal_at: null,
      removed_at: null,
    });
    expect(made.headers['location']).toBe(`${TENANTS}/${id}`);
    const etag = String(made.headers['etag']);
    expect((await ask('GET', `/${name}`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const suspended = await ask('PATCH', `/${id}`, { body: { state: 'suspended' }, headers: { 'if-match': etag } });
    expect(suspended.json()).toMatchObject({ state: 'suspended', suspended_at: expect.any(String) as string });
    expect((await ask('PATCH', `/${id}`, { body: { state: 'active' }, headers: { 'if-match': etag } })).status).toBe(412);
    const before = Date.now();
    const removed = await ask('DELETE', `/${id}?wait_days=30`, { headers: { 'if-match': String(suspended.headers['etag']) } });
    expect([removed.status, removed.json<Tenant>().state]).toEqual([202, 'pending-removal']);
    const waits = Date.parse(removed.json<{ removal_at: string }>().removal_at) - before;
    expect(Math.round(waits / 86_400_000)).toBe(30);
    expect((await ask('POST', `/${id}/restore`)).json()).toMatchObject({ state: 'suspended', removal_at: null });
    const list = await ask('GET', `?label=env:prod&limit=1&state=suspended&name=${name}`);
    expect(list.json<{ items: Tenant[] }>().items.map((each) => each.id)).toEqual([id]);
    const lost = await ask('PATCH', `/${id}`, { body: { labels: { env: null } } });
    expect(lost.json()).toMatchObject({ labels: {} });
  });

  it('answer a creation that comes again with its Idempotency-Key as before, and make one tenant', async () => {
    const request = { body: { name: `t-${randomUUIDv7()}` }, headers: { 'idempotency-key': `"${randomUUIDv7()}"` } };
    const [first, again] = [await ask('POST', '', request), await ask('POST', '', request)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.json()).toEqual(first.json());
    expect((await ask('POST', '', { ...request, body: { name: `t-${randomUUIDv7()}` } })).status).toBe(422);
  });

  it.each([
    ['name', { name: 'Upper' }],
    ['name', {}],
    ['demo', { name: 'one', demo: true }],
    ['labels', { name: 'one', labels: { '-': 'x' } }],
  ])('refuse a wrong %s, and name the field', async (field, body) => {
    const answer = await ask('POST', '', { body });
    expect(answer.status).toBe(400);
    expect(answer.json<{ errors: { field: string }[] }>().errors[0]?.field).toContain(`/${field}`);
  });

  it.each(['0', '366', '1.5', '-1', ''])('refuse a wait of %j days', async (days) => {
    expect((await ask('DELETE', `/${(await create()).id}?wait_days=${days}`)).status).toBe(400);
  });

  it('leave tenants of the demo and the one that administers as they are', async () => {
    for (const name of ['demo', 'demo-other'])
      for (const change of [ask('PATCH', `/${name}`, { body: { state: 'suspended' } }), ask('DELETE', `/${name}`)])
        expect((await change).json()).toMatchObject({ status: 409, code: 'tenant-of-demo' });
  });

  it('are for nobody without the role, and for no tenant that the configuration does not name', async () => {
    const { id } = await create();
    const token = await house.issuer.token(id, { claims: { scope: 'kms:admin', roles: ['admin'] } });
    for (const [headers, code] of [
      [basic('demo-tenant-admin', 'demo-tenant-admin-password'), 'scope-insufficient'],
      [bearer(token), 'tenants-not-administered'],
    ] as const)
      for (const [method, path] of [
        ['GET', ''],
        ['GET', `/${id}`],
        ['GET', '/demo'],
        ['DELETE', '/demo-other'],
        ['POST', `/${id}/restore`],
      ] as const)
        expect((await kms.send(`${TENANTS}${path}`, { method, headers })).json()).toMatchObject({ status: 403, code });
  });

  it('close a tenant to every kind of credential with a code that says why, and open it again', async () => {
    const administrator = { username: `admin-${randomUUIDv7()}`, password: `p-${randomUUIDv7()}` };
    const made = await kms.sendAdmin('/admin/v1/tenants', { method: 'POST', body: { name: service, administrator } });
    const { id } = made.json<Tenant>();
    const certificate = await house.client(service);
    const token = await house.issuer.token(id, { claims: { scope: 'kms:read', roles: ['user'] } });
    const statuses = async () => {
      const answers = await Promise.all([
        kms.send(KEYS, { headers: basic(administrator.username, administrator.password) }),
        kms.send(KEYS, { headers: bearer(token) }),
        certificate.request({ url: `${kms.url}${KEYS}` }),
      ]);
      return answers.map((answer) => answer.json<{ code?: string }>().code ?? answer.status);
    };
    expect(await statuses()).toEqual([200, 200, 200]);
    expect((await ask('PATCH', `/${service}`, { body: { state: 'suspended' } })).status).toBe(200);
    expect(await statuses()).toEqual(Array.from({ length: 3 }, () => 'tenant-suspended'));
    // Who does not prove who he is learns nothing.
    expect((await kms.send(KEYS, { headers: basic(administrator.username, 'another password') })).status).toBe(401);
    expect((await ask('DELETE', `/${service}`)).status).toBe(202);
    expect(await statuses()).toEqual(Array.from({ length: 3 }, () => 'tenant-pending-removal'));
    await ask('POST', `/${service}/restore`);
    await ask('PATCH', `/${service}`, { body: { state: 'active' } });
    expect(await statuses()).toEqual([200, 200, 200]);
  });

  it('leave records of who did what to which tenant', async () => {
    const { id } = await create();
    await ask('PATCH', `/${id}`, { body: { state: 'suspended' } });
    await ask('DELETE', `/${id}`);
    const { items } = (await kms.send('/service/api/v1/audit?limit=100', { headers: OPERATOR })).json<{
      items: { operation: string; object: string | null; username: string; outcome: string }[];
    }>();
    const about = items.filter(({ object, outcome }) => object === `tenant:${id}` && outcome === 'done');
    expect(about.map(({ operation, username }) => [operation, username])).toEqual([
      ['tenant.schedule-removal', 'demo-admin'],
      ['tenant.suspend', 'demo-admin'],
      ['tenant.create', 'demo-admin'],
    ]);
  });
});
