import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, KMS_CLIENT_SECRET, startTestIdentity, type TestIdentity } from '#test/support/identity.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';

const BATCH = '/oauth2/introspect/batch';

let identity: TestIdentity;
beforeAll(async () => {
  identity = await startTestIdentity();
});
afterAll(() => identity[Symbol.asyncDispose]());

const kms = `Basic ${Buffer.from(`passthru-kms:${KMS_CLIENT_SECRET}`).toString('base64')}`;
const batch = (body: unknown, authorization = kms) =>
  identity.fetch(`${ISSUER}${BATCH}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const post = async (path: string, form: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
  (await (await identity.fetch(`${ISSUER}${path}`, { method: 'POST', body: new URLSearchParams(form), headers })).text()) || '{}';
const json = async (path: string, form: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
  JSON.parse(await post(path, form, headers)) as Record<string, unknown>;

const newClient = async (more: Readonly<Record<string, unknown>> = {}) => {
  const client = { client_id: `client-${randomUUIDv7()}`, client_secret: `secret-${randomUUIDv7()}` };
  const body = {
    client_id: client.client_id,
    secret: client.client_secret,
    name: 'Batch',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    scopes: ['kms:read'],
    tenant_id: randomUUID(),
    roles: ['user'],
    ...more,
  };
  expect((await identity.admin('/admin/v1/clients', { method: 'POST', body })).status).toBe(201);
  return {
    client,
    token: async (headers: Record<string, string> = {}) =>
      String((await json('/oauth2/token', { ...client, grant_type: 'client_credentials' }, headers))['access_token']),
  };
};

describe('batch introspection', () => {
  it('says of each token what the endpoint for one says of it, in the order of the tokens', async () => {
    const [jwt, opaque] = [await newClient(), await newClient({ token_format: 'opaque' })];
    const key = await dpopKey();
    const proof = () => key.proof({ token: 'none', url: `${ISSUER}/oauth2/token`, method: 'POST' });
    const tokens = [
      await jwt.token(),
      await opaque.token(),
      await opaque.token({ dpop: await proof() }),
      await jwt.token({ dpop: await proof() }),
      await opaque.token(),
      await jwt.token(),
      'made-up',
      'a.b.c',
    ];
    await post('/oauth2/revoke', { ...opaque.client, token: tokens[4] ?? '' });
    await post('/oauth2/revoke', { ...jwt.client, token: tokens[5] ?? '' });

    const answer = await batch({ tokens });
    const { items } = (await answer.json()) as { items: Record<string, unknown>[] };
    const singles = await Promise.all(tokens.map((token) => json('/oauth2/introspect', { token }, { authorization: kms })));

    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(items).toEqual(singles);
    expect(items.map(({ active }) => active)).toEqual([true, true, true, true, false, false, false, false]);
  });

  it('is for service clients alone, and takes fifty tokens at most', async () => {
    const { client } = await newClient();
    const other = `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`;
    const wrong = `Basic ${Buffer.from('passthru-kms:wrong').toString('base64')}`;
    for (const authorization of ['', other, wrong, 'Bearer x']) {
      const refused = await batch({ tokens: ['a'] }, authorization);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="passthru-identity"']);
      expect(await refused.json()).toMatchObject({ error: 'invalid_client' });
    }
    const statuses = [];
    for (const tokens of [[], Array.from({ length: 51 }, () => 'a'), ['a'.repeat(8_193)], [''], 'a', [1]])
      statuses.push((await batch({ tokens })).status);
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400]);
    expect((await batch({ tokens: Array.from({ length: 50 }, () => 'a'.repeat(8_192)) })).status).toBe(200);
  });
});
