import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';

let running: TestIdentity;
beforeAll(async () => {
  running = await startTestIdentity();
});
afterAll(() => running[Symbol.asyncDispose]());

type Body = Record<string, unknown>;
const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const answer = await running.admin(`/admin/v1/clients${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
};
const worker = (change: Body = {}) => ({
  client_id: unique('worker'),
  name: 'Worker',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  scopes: ['kms:read'],
  tenant_id: randomUUID(),
  roles: ['user'],
  ...change,
});
const web = (change: Body = {}) => ({
  client_id: unique('web'),
  name: 'Web',
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['authorization_code'],
  redirect_uris: ['https://app.example/callback'],
  scopes: ['openid', 'kms:read'],
  ...change,
});
const tokenFor = async (clientId: unknown, secret: unknown) => {
  const authorization = `Basic ${Buffer.from(`${String(clientId)}:${String(secret)}`).toString('base64')}`;
  const answer = await running.fetch(`${ISSUER}/oauth2/token`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'kms:read' }),
  });
  return (await answer.json()) as Body;
};

describe('Clients by the admin API', () => {
  it('are made with a secret of the server, which the answer alone shows', async () => {
    const client = worker();
    const made = await send('POST', '', client);
    expect([made.status, made.headers.get('location'), made.headers.get('cache-control')]).toEqual([
      201,
      `/admin/v1/clients/${client.client_id}`,
      'no-store',
    ]);
    const { client_secret: secret, warnings, ...shown } = made.body;
    expect([String(secret).length, warnings]).toEqual([43, []]);
    const read = await send('GET', `/${client.client_id}`);
    expect(read.body).toEqual(shown);
    expect(read.body).toMatchObject({
      ...client,
      source: 'operator',
      disabled: false,
      first_party: false,
      require_pkce: true,
      token_format: null,
    });
    expect(await tokenFor(client.client_id, secret)).toMatchObject({ scope: 'kms:read' });
  });

  it('are listed beside those of the configuration and the demo, which nobody changes here', async () => {
    const { items } = (await send('GET', '?limit=100')).body as { items: { client_id: string; source: string }[] };
    const sourceOf = (id: string) => items.find(({ client_id }) => client_id === id)?.source;
    expect([sourceOf('passthru-kms'), sourceOf('demo-public-client')]).toEqual(['configuration', 'demo']);
    for (const [id, code] of [
      ['demo-public-client', 'client-of-demo'],
      ['passthru-kms', 'client-of-configuration'],
    ] as const)
      for (const [method, path, body] of [
        ['PATCH', `/${id}`, { name: 'Mine' }],
        ['PUT', `/${id}/disabled`, { disabled: true }],
        ['PUT', `/${id}/disabled`, { disabled: false }],
        ['DELETE', `/${id}`],
      ] as const) {
        const refused = await send(method, path, body);
        expect([method, id, refused.body]).toEqual([method, id, expect.objectContaining({ code, status: 409, fix: expect.any(String) })]);
      }
    expect((await send('DELETE', `/${unique('nobody')}`)).body).toMatchObject({ code: 'client-unknown', status: 404 });
    expect((await send('GET', `/${unique('nobody')}`)).body).toMatchObject({ code: 'client-unknown', status: 404 });
  });

  it('are changed in what the request names, where they are still as the reader knows them', async () => {
    const client = web({ access_token_ttl_seconds: 60, require_pushed_authorization_requests: true, token_format: 'opaque' });
    await send('POST', '', client);
    const path = `/${client.client_id}`;
    const before = await send('GET', path);
    const tag = String(before.headers.get('etag'));
    expect((await send('GET', path, undefined, { 'if-none-match': tag })).status).toBe(304);
    const uris = ['https://app.example/callback', 'https://app.example/other'];
    const after = await send(
      'PATCH',
      path,
      { redirect_uris: uris, access_token_ttl_seconds: null, first_party: true },
      { 'if-match': tag },
    );
    expect(after.body).toEqual({ ...before.body, redirect_uris: uris, access_token_ttl_seconds: null, first_party: true });
    const late = await send('PATCH', path, { name: 'Late' }, { 'if-match': tag });
    expect([late.status, late.body['code'], late.headers.get('etag')]).toEqual([412, 'precondition-failed', after.headers.get('etag')]);
  });

  it.each([
    ['/redirect_uris/0', { redirect_uris: ['https://app.example/#here'] }],
    ['/redirect_uris', { redirect_uris: [] }],
    ['/scopes/0', { scopes: ['kms:everything'] }],
    ['/token_endpoint_auth_method', { token_endpoint_auth_method: 'none' }],
    ['/require_pkce', { require_pkce: false, scopes: ['kms:read'] }],
    ['/client_id', { client_id: 'another' }],
    ['/tenant_id', { tenant_id: randomUUID() }],
    ['/name', { name: null }],
    ['/first_party', { first_party: 'yes' }],
  ])('are refused a change that makes %s wrong, with the fix, and stay as they were', async (field, change) => {
    const client = web();
    await send('POST', '', client);
    const before = await send('GET', `/${client.client_id}`);
    const refused = await send('PATCH', `/${client.client_id}`, change);
    expect([refused.status, (refused.body['errors'] as { field: string }[]).map((issue) => issue.field)]).toEqual([400, [field]]);
    expect((await send('GET', `/${client.client_id}`)).body).toEqual(before.body);
  });

  it.each([
    [{ require_pushed_authorization_requests: 'no' }, 'must be true or false or null'],
    [{ access_token_ttl_seconds: 'long' }, 'must be a whole number from 1 to 86400 or null'],
    [{ jwks: 5 }, 'must be a mapping or null'],
    [{ jwks_uri: 5 }, 'must be a text or null'],
  ])('are told which forms a field may have: %j', async (change, message) => {
    const client = web();
    await send('POST', '', client);
    const refused = await send('PATCH', `/${client.client_id}`, change);
    expect(refused.body['errors']).toEqual([expect.objectContaining({ message })]);
  });

  it.each([
    ['client_secret_post', /this client proves itself by client_secret_post/],
    ['none', /this client is public/],
  ])('whose refresh tokens should stay are refused with %s by what would do', async (method, reason) => {
    const refused = await send('POST', '', web({ token_endpoint_auth_method: method, rotate_refresh_tokens: false }));
    const [issue] = refused.body['errors'] as [{ field: string; message: string }];
    expect(issue).toMatchObject({
      field: '/rotate_refresh_tokens',
      message: expect.stringMatching(/takes private_key_jwt or tls_client_auth/),
    });
    expect(issue.message).toMatch(reason);
  });

  it('that rely on nonce in the place of PKCE are made with a warning', async () => {
    const made = await send('POST', '', web({ require_pkce: false }));
    expect(made.body['warnings']).toEqual([expect.stringMatching(/without PKCE and has to send a nonce/)]);
  });

  it('get a new secret while the old one is good for a time, until it is ended', async () => {
    const client = worker();
    const { client_secret: first } = (await send('POST', '', client)).body;
    const path = `/${client.client_id}`;
    const rotated = await send('POST', `${path}/secret-rotation`, { overlap_seconds: 600 });
    expect([rotated.status, rotated.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const shown = (await send('GET', path)).body['secret'] as { previous_ends_at: string };
    expect(shown.previous_ends_at).toBe(rotated.body['previous_ends_at']);
    for (const secret of [first, rotated.body['client_secret']])
      expect(await tokenFor(client.client_id, secret)).toMatchObject({ scope: 'kms:read' });
    expect((await send('POST', `${path}/secret-rotation`, {})).body).toMatchObject({ code: 'client-secret-overlap', status: 409 });
    expect((await send('DELETE', `${path}/previous-secret`)).status).toBe(204);
    expect(await tokenFor(client.client_id, first)).toMatchObject({ error: 'invalid_client' });
    expect(await tokenFor(client.client_id, rotated.body['client_secret'])).toMatchObject({ scope: 'kms:read' });
  });

  it('that are disabled are nobody, their tokens end, and they can be enabled again', async () => {
    const client = worker();
    const { client_secret: secret } = (await send('POST', '', client)).body;
    const path = `/${client.client_id}`;
    expect((await send('PUT', `${path}/disabled`, { disabled: true })).status).toBe(204);
    expect([(await send('GET', path)).body['disabled'], await tokenFor(client.client_id, secret)]).toEqual([
      true,
      expect.objectContaining({ error: 'invalid_client' }),
    ]);
    expect((await send('PUT', `${path}/disabled`, { disabled: false })).status).toBe(204);
    expect(await tokenFor(client.client_id, secret)).toMatchObject({ scope: 'kms:read' });
    expect((await send('PUT', `/${unique('nobody')}/disabled`, { disabled: true })).body).toMatchObject({ code: 'client-unknown' });
  });
});
