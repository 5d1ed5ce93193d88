import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const stranger = `stranger-${randomUUIDv7()}`;

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse({ clients: { [stranger]: [] } });
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

interface State {
  readonly seeded: boolean;
  readonly tenants: Readonly<Record<string, string>>;
  readonly reset_pending: string | null;
}
const state = async (): Promise<State> => (await kms.sendAdmin('/admin/v1/demo')).json<State>();
const post = (path: string, body?: Record<string, unknown>) =>
  kms.sendAdmin(`/admin/v1/demo${path}`, { method: 'POST', ...(body === undefined ? {} : { body }) });

describe('the admin listener', () => {
  it('takes no connection without a client certificate, nor with one of another authority', async () => {
    const refused = { code: expect.stringMatching(/^(tls|connection)-failed$/) as string };
    await expect((await house.client()).request({ url: `${kms.adminUrl}/livez` })).rejects.toMatchObject(refused);
    await using foreign = await kmsHouse();
    await expect((await foreign.client('passthru-cli')).request({ url: `${kms.adminUrl}/livez` })).rejects.toMatchObject(refused);
  });

  it('lets a certificate that is not an operator see health and nothing else', async () => {
    const client = await house.client(stranger);
    expect((await client.request({ url: `${kms.adminUrl}/readyz` })).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/admin/v1/demo'],
      ['GET', '/admin/v1/seal-status'],
      ['POST', '/admin/v1/demo/reset'],
      ['POST', '/admin/v1/seal'],
      ['POST', '/admin/v1/unseal'],
      ['DELETE', '/admin/v1/unseal'],
    ] as const) {
      const response = await client.request({ method, url: `${kms.adminUrl}${path}`, ...(method === 'POST' ? { body: {} } : {}) });
      expect(response.json()).toMatchObject({ status: 403, code: 'admin-client-unknown' });
    }
  });

  it('is no way in for a token or a password', async () => {
    const client = await house.client(stranger);
    const headers = basic('demo-admin', 'demo-admin-password');
    expect((await client.request({ url: `${kms.adminUrl}/admin/v1/demo`, headers })).status).toBe(403);
  });

  it('is not reachable over the public listener', async () => {
    expect((await kms.send('/admin/v1/demo')).status).toBe(404);
    expect((await kms.sendAdmin(KEYS)).status).toBe(404);
  });

  it('tells who asked for each change, done or refused, and of no look', async () => {
    const told: (readonly [message: string, attributes: unknown])[] = [];
    const quiet = noTelemetry();
    const keep = (message: string, attributes?: unknown) => void told.push([message, attributes]);
    await using other = await runKms(house, { telemetry: { ...quiet, log: { ...quiet.log, info: keep, warn: keep } } });
    told.length = 0;
    const url = `${other.adminUrl}/admin/v1/demo/seed`;
    await other.sendAdmin('/admin/v1/demo');
    await other.sendAdmin('/admin/v1/demo/seed', { method: 'POST' });
    await (await house.client(stranger)).request({ method: 'POST', url });
    await expect.poll(() => told.filter(([message]) => String(message).startsWith('operator '))).toHaveLength(2);
    const [done, refused] = [
      [`operator "passthru-cli": POST /admin/v1/demo/seed → 200`, expect.objectContaining({ 'http.response.status_code': 200 })],
      [`operator "${stranger}": POST /admin/v1/demo/seed → 403`, expect.objectContaining({ 'client.address': '127.0.0.1' })],
    ];
    expect(told).toEqual(expect.arrayContaining([done, refused]));
  });
});

describe('a demo reset over HTTP', () => {
  it('changes the tenants, cuts off what was issued for the old ones, and is settled by a commit', async () => {
    const before = await state();
    expect(before).toMatchObject({ seeded: true, reset_pending: null });
    const oldToken = await house.issuer.token(before.tenants['demo'] ?? '');
    expect((await kms.send(KEYS, { headers: bearer(oldToken) })).status).toBe(200);
    expect((await kms.send(KEYS, { headers: basic('demo-user', 'demo-user-password') })).status).toBe(200);

    const tenants = { demo: randomUUID(), 'demo-other': randomUUID() };
    const reset = await post('/reset', { tenants });
    const { reset_id: resetId } = reset.json<{ reset_id: string }>();
    expect(reset.json()).toEqual({ reset_id: resetId, tenants, previous_tenants: before.tenants });
    expect(await state()).toEqual({ seeded: true, tenants, reset_pending: resetId });
    expect((await kms.send(KEYS, { headers: bearer(oldToken) })).status).toBe(401);
    expect((await kms.send(KEYS, { headers: bearer(await house.issuer.token(tenants.demo)) })).status).toBe(200);
    expect((await kms.send(KEYS, { headers: basic('demo-user', 'demo-user-password') })).status).toBe(200);

    expect((await post(`/reset/${resetId}/commit`)).json()).toEqual({ seeded: true, tenants, reset_pending: null });
    expect((await post(`/reset/${resetId}/rollback`)).json()).toMatchObject({ status: 409, code: 'demo-reset-settled' });
  });

  it('brings everything back when it is rolled back', async () => {
    const before = await state();
    const { reset_id: resetId } = (await post('/reset', {})).json<{ reset_id: string }>();
    expect((await post(`/reset/${resetId}/rollback`)).json()).toEqual(before);
  });

  it.each<[string, string, Record<string, unknown> | undefined, number, string]>([
    ['a tenant id that is no UUIDv4', '/reset', { tenants: { demo: randomUUIDv7() } }, 400, '/tenants/demo'],
    ['an empty list of tenants', '/reset', { tenants: {} }, 400, '/tenants'],
    ['an unknown field', '/reset', { tenant: {} }, 400, '/tenant'],
    ['an unknown tenant', '/reset', { tenants: { stranger: randomUUID() } }, 400, '/tenants/stranger'],
    [
      'a tenant named like the prototype',
      '/reset',
      JSON.parse(`{"tenants":{"__proto__":"${randomUUID()}"}}`) as Record<string, unknown>,
      400,
      '',
    ],
    ['a reset that there never was', `/reset/${randomUUIDv7()}/commit`, undefined, 404, ''],
    ['a reset id that is none', '/reset/1/commit', undefined, 400, 'path/reset_id'],
  ])('refuses %s and changes nothing', async (_, path, body, status, field) => {
    const before = await state();
    const response = await post(path, body);
    expect(response.status).toBe(status);
    const fields = (response.json<{ errors?: { field: string }[] }>().errors ?? []).map((error) => error.field);
    expect(field === '' || fields.includes(field)).toBe(true);
    expect(await state()).toEqual(before);
  });

  it('does not exist where the demo is switched off', async () => {
    await using other = await kmsHouse();
    await using server = await runKms(other, { demo: false });
    expect((await server.sendAdmin('/admin/v1/demo')).status).toBe(404);
    expect((await server.sendAdmin('/admin/v1/demo/reset', { method: 'POST', body: {} })).status).toBe(404);
  });
});
