import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { Clients } from '#identity/clients/clients.ts';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, aServiceClient, type Tokens } from '#test/identity/support/identity-provider.ts';

const GRANT = { grant_type: 'client_credentials' };

/** One client, whatever its id. */
const oneClient = (client: ClientRecord, verifySecret: Clients['verifySecret']): Clients => ({
  hasOrigin: async () => false,
  find: async () => client,
  look: async () => ({ client, secretVersion: '' }),
  verifySecret,
});

describe.each(databaseKinds())('client credentials on %s', (kind) => {
  test('a service gets a token in its own tenant, with its own roles and the scopes it asked for', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient();
    provider.register(client);

    const tokens = (await provider.post('/oauth2/token', { ...GRANT, scope: 'kms:read' }, client)).json<Tokens>();

    expect(decodeJwt(tokens.access_token)).toMatchObject({
      aud: KMS_RESOURCE,
      sub: client.clientId,
      client_id: client.clientId,
      tenant_id: client.tenantId,
      roles: ['service'],
      scope: 'kms:read',
      permissions: ['kms:elastic-keys:read', 'kms:material-keys:read', 'kms:grants:read'],
    });
    expect(tokens.refresh_token).toBeUndefined();
  });

  test('without scope it gets what it is registered for; with the resource named, the same', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient();
    provider.register(client);

    const all = (await provider.post('/oauth2/token', GRANT, client)).json<Tokens>();
    const named = (await provider.post('/oauth2/token', { ...GRANT, resource: KMS_RESOURCE }, client)).json<Tokens>();

    expect([all.scope, named.scope]).toEqual(['kms:read kms:crypto', 'kms:read kms:crypto']);
    expect(decodeJwt(all.access_token).aud).toBe(KMS_RESOURCE);
  });

  test.each([
    ['a scope that is not its own', { scope: 'kms:read kms:write' }, 'invalid_scope'],
    ['a scope that does not exist', { scope: 'kms:everything' }, 'invalid_scope'],
    ['a resource that does not exist', { resource: 'urn:passthru:other' }, 'invalid_target'],
    ['a resource that is no URI', { resource: 'kms' }, 'invalid_target'],
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
  ])('refuses %s', async (_what, form, error) => {
    await using provider = await providerOn(kind);
    const client = aServiceClient();
    provider.register(client);

    const response = await provider.post('/oauth2/token', { ...GRANT, ...form }, client);

    expect([response.status, response.json<{ error: string }>().error]).toEqual([400, error]);
  });

  test('a public client cannot use it, nor can a client that was not registered for it', async () => {
    await using provider = await providerOn(kind);
    const [open, codeOnly] = [aClient(), aClient({ authMethod: 'client_secret_basic' })];
    provider.register(open, codeOnly);

    const answers = [await provider.post('/oauth2/token', GRANT, open), await provider.post('/oauth2/token', GRANT, codeOnly)];

    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  });

  test('a client may have shorter tokens than its resource server gives', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient({ accessTokenTtlSeconds: 1 });
    provider.register(client);

    const tokens = (await provider.post('/oauth2/token', GRANT, client)).json<Tokens>();

    const { exp = 0, iat = 0 } = decodeJwt(tokens.access_token);
    expect([tokens.expires_in, exp - iat]).toEqual([1, 1]);
  });

  test('a client that appears, changes and goes away does so without a restart', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient({ scopes: ['kms:read'] });
    const ask = () => provider.post('/oauth2/token', { ...GRANT, scope: 'kms:crypto' }, client);

    const unknown = await ask();
    provider.register(client);
    const tooMuch = await ask();
    provider.register({ ...client, scopes: ['kms:read', 'kms:crypto'] });
    const granted = await ask();
    provider.clients.delete(client.clientId);
    const gone = await ask();

    expect([unknown, tooMuch, granted, gone].map(({ status }) => status)).toEqual([401, 400, 200, 401]);
  });

  test('secrets are checked together with the address that the connection comes from', async () => {
    const client = aServiceClient();
    const addresses: string[] = [];
    await using provider = await providerOn(kind, {
      clients: oneClient(client, async (_id, _secret, address) => addresses.push(address) > 0),
    });

    await provider.post('/oauth2/token', GRANT, client);

    expect(addresses).toEqual([expect.stringMatching(/^(::ffff:)?127\.0\.0\.1$/)]);
  });

  test('when too many passwords are being checked the answer is 429 with Retry-After, no server error', async () => {
    const client = aServiceClient();
    const full = new AppError('password-queue-full', 429, 'Too many log-ins at once.', { headers: { 'retry-after': '1' } });
    await using provider = await providerOn(kind, {
      clients: oneClient(client, () => Promise.reject(full)),
    });

    const response = await provider.post('/oauth2/token', GRANT, client);

    expect([response.status, response.headers['retry-after']]).toEqual([429, '1']);
    expect(response.json()).toEqual({ error: 'temporarily_unavailable', error_description: 'Too many log-ins at once.' });
  });

  test('when the database does not answer it is 503, and the log alone says why', async () => {
    const client = aServiceClient();
    const cause = new Error('connect ECONNREFUSED /run/postgres');
    const down = new AppError('database-unavailable', 503, 'The database does not answer.', { cause });
    await using provider = await providerOn(kind, {
      clients: oneClient(client, () => Promise.reject(down)),
    });

    const response = await provider.post('/oauth2/token', GRANT, client);

    expect(response.status).toBe(503);
    expect(response.text).not.toContain(cause.message);
    expect(provider.logged).toEqual([expect.stringContaining(`The database does not answer.; caused by ${cause.message}`)]);
  });

  test('a failure inside is logged, and the answer says nothing about it', async () => {
    const client = aServiceClient();
    await using provider = await providerOn(kind, {
      clients: oneClient(client, () => Promise.reject(new Error('select * from /secret/path'))),
    });

    const response = await provider.post('/oauth2/token', GRANT, client);

    expect(response.status).toBe(500);
    expect(response.json()).toEqual({ error: 'server_error', error_description: expect.not.stringContaining('secret') });
    expect(provider.logged).toEqual([expect.stringContaining('select * from /secret/path')]);
  });
});
