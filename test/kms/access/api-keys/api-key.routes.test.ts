import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsRequest } from '#infra/http/client.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/api-keys';
const admin = basic('demo-tenant-admin', 'demo-tenant-admin-password');

interface NewKey {
  readonly id: string;
  readonly key: string;
  readonly state: string;
}

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const send = (path: string, request: Omit<HttpsRequest, 'url'> = {}) => kms.send(`${KEYS}${path}`, { headers: admin, ...request });
const create = async (more: Record<string, unknown> = {}) => {
  const answer = await send('', { method: 'POST', body: { name: `key-${randomUUIDv7()}`, scopes: ['kms:read'], ...more } });
  return { answer, key: answer.json<NewKey>() };
};
const list = (key: string, from: RunningKms = kms) => from.send('/service/api/v1/elastic-keys?limit=1', { headers: bearer(key) });

describe('The routes of API keys', () => {
  it('make a key that asks at once, and show it this once, in an answer that stays in no cache', async () => {
    const { answer, key } = await create({ labels: { env: 'test' } });
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({ location: `${KEYS}/${key.id}`, 'cache-control': 'no-store', etag: expect.any(String) });
    expect((await list(key.key)).status).toBe(200);
    const read = await send(`/${key.id}`);
    expect(read.json()).toMatchObject({ id: key.id, labels: { env: 'test' }, scopes: ['kms:read'], state: 'active', rotated_at: null });
    expect(read.text).not.toContain(key.key.slice(48));
    const { items } = (await send('?label=env:test')).json<{ items: NewKey[] }>();
    expect(items.map(({ id }) => id)).toEqual([key.id]);
  });

  it('refuse in the name of the key what its scopes do not cover, and say who asked in the audit', async () => {
    const { key } = await create();
    const elasticKey = (await list(key.key)).json<{ items: { id: string }[] }>().items[0]?.id ?? '';
    const path = `/service/api/v1/elastic-keys/${elasticKey}/encrypt`;
    const refused = await kms.send(path, { method: 'POST', headers: bearer(key.key), body: { plaintext: 'aGVsbG8' } });
    expect(refused.json()).toMatchObject({ status: 403, code: 'scope-insufficient', scope: 'kms:encrypt' });
    const records = async (query: string) =>
      (await kms.send(`/service/api/v1/audit?${query}`, { headers: admin })).json<{ items: Record<string, unknown>[] }>().items;
    await expect
      .poll(() => records(`actor=${key.id}&outcome=refused`))
      .toMatchObject([{ operation: 'encrypt', credential: 'api-key', subject: key.id, username: expect.stringContaining('key-') }]);
    const made = await records('operation=api-key.create');
    expect(made.map(({ object }) => object)).toContain(`api-key:${key.id}`);
    expect(JSON.stringify(made)).not.toContain(key.key.slice(48));
  });

  it.each([
    ['of no form', 'ptk_', 'api-key-malformed', 'not of the form'],
    ['with a character that no token has', 'ptk_"', 'api-key-malformed', 'not of the form'],
    ['longer than any', `ptk_${'a'.repeat(9_000)}`, 'api-key-malformed', 'not of the form'],
  ])('refuse a key %s with 401 and a code of its own', async (_, text, code, words) => {
    const answer = await list(text);
    expect(answer.json()).toMatchObject({ status: 401, code, detail: expect.stringContaining(words), error: 'invalid_token' });
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="passthru-kms",.* error="invalid_token"/);
  });

  it('say that a checksum is wrong where details are told, else that it is refused, or nothing', async () => {
    const { key } = await create();
    const mistyped = key.key.slice(0, -1) + (key.key.endsWith('0') ? '1' : '0');
    const checksum = { status: 401, code: 'api-key-invalid', detail: expect.stringContaining('checksum') };
    expect((await list(mistyped)).json()).toMatchObject(checksum);
    for (const [detail, said] of [
      ['standard', { code: 'api-key-invalid', detail: 'The API key is refused.' }],
      ['minimal', { code: 'unauthenticated' }],
    ] as const) {
      await using quietHouse = await kmsHouse({ change: (config) => Object.assign(config.errors, { detail }) });
      await using quiet = await runKms(quietHouse);
      const [mute, unknown] = await Promise.all([list(mistyped, quiet), list(key.key, quiet)]);
      for (const answer of [mute, unknown]) expect(answer.json()).toMatchObject({ status: 401, ...said });
      expect(mute.headers['www-authenticate']).toBe(unknown.headers['www-authenticate']);
    }
  });

  it('never hand a key to the check of tokens: no issuer is asked', async () => {
    const { key } = await create();
    const before = structuredClone(house.issuer.requests);
    await Promise.all([list(key.key), list('ptk_broken'), list(key.key.replace(/.$/, '_'))]);
    expect(house.issuer.requests).toEqual(before);
  });

  it('refuse a key beside a client certificate, and in the query', async () => {
    const { key } = await create();
    const client = await house.client('passthru-cli');
    const both = await client.request({ url: `${kms.url}/service/api/v1/elastic-keys`, headers: bearer(key.key) });
    expect(both.status).toBe(400);
    expect((await kms.send(`/service/api/v1/elastic-keys?access_token=${key.key}`)).status).toBe(400);
  });

  it('change, rotate and revoke only the key that If-Match means', async () => {
    const { answer, key } = await create();
    const stale = { 'if-match': String(answer.headers['etag']) };
    expect((await send(`/${key.id}`)).headers['etag']).toBe(stale['if-match']);
    const named = await send(`/${key.id}`, { method: 'PATCH', headers: { ...admin, ...stale }, body: { name: 'renamed' } });
    expect(named.status).toBe(200);
    for (const request of [
      { path: `/${key.id}`, method: 'PATCH', body: { name: 'again' } },
      { path: `/${key.id}/rotate`, method: 'POST', body: {} },
      { path: `/${key.id}/revoke`, method: 'POST' },
      { path: `/${key.id}`, method: 'DELETE' },
    ]) {
      const { path, ...rest } = request;
      const refused = await send(path, { ...rest, headers: { ...admin, ...stale } });
      expect([request.method, refused.status]).toEqual([request.method, 412]);
    }
    const current = { 'if-match': String(named.headers['etag']) };
    expect((await send(`/${key.id}/revoke`, { method: 'POST', headers: { ...admin, ...current } })).json()).toMatchObject({
      state: 'revoked',
    });
    expect((await list(key.key)).json()).toMatchObject({ status: 401, code: 'api-key-invalid', detail: 'The API key was revoked.' });
    expect((await send(`/${key.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await send(`/${key.id}`)).json()).toMatchObject({ status: 404, code: 'api-key-not-found' });
  });

  it('answer a creation and a rotation that come again with the same key, by the Idempotency-Key', async () => {
    const headers = { ...admin, 'idempotency-key': `"${randomUUIDv7()}"` };
    const request = { method: 'POST', headers, body: { name: 'once', scopes: ['kms:read'] } };
    const [first, second] = [await send('', request), await send('', request)];
    expect(second.json()).toEqual(first.json());
    const { id } = first.json<NewKey>();
    const rotation = { method: 'POST', headers: { ...admin, 'idempotency-key': `"${randomUUIDv7()}"` }, body: { overlap: 'PT0S' } };
    const [third, fourth] = [await send(`/${id}/rotate`, rotation), await send(`/${id}/rotate`, rotation)];
    expect(fourth.json()).toEqual(third.json());
    expect((await list(first.json<NewKey>().key)).status).toBe(401);
    expect((await list(third.json<NewKey>().key)).status).toBe(200);
  });

  it.each([
    ['no scope at all', { scopes: [] }, '/scopes'],
    ['a scope that there is not', { scopes: ['kms:fly'] }, '/scopes/0'],
    ['an empty name', { name: '' }, '/name'],
    ['a name of two lines', { name: 'a\nb' }, '/name'],
    ['a time that is none', { expires_at: '2031-02-30T00:00:00Z' }, '/expires_at'],
    ['a time long gone', { expires_at: '2001-01-01T00:00:00Z' }, '/expires_at'],
    ['a member that is not known', { secret: 'mine' }, '/secret'],
  ])('refuse to make one with %s, and name the field', async (_, more, field) => {
    const { answer } = await create(more);
    expect(answer.json()).toMatchObject({ status: 400, errors: expect.arrayContaining([expect.objectContaining({ field })]) });
  });

  it('refuse an overlap beyond a week', async () => {
    const { key } = await create();
    const answer = await send(`/${key.id}/rotate`, { method: 'POST', body: { overlap: 'P8D' } });
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ field: '/overlap' }] });
  });

  it('want the scope of each act, which a user and a service do not have', async () => {
    const { key } = await create();
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['GET', `/${key.id}`],
      ['PATCH', `/${key.id}`],
      ['POST', `/${key.id}/rotate`],
      ['POST', `/${key.id}/revoke`],
      ['DELETE', `/${key.id}`],
    ] as const) {
      const answer = await send(path, { method, headers: basic('demo-user', 'demo-user-password') });
      expect([method, path, answer.status]).toEqual([method, path, 403]);
    }
  });
});
