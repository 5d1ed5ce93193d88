import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { checkTokenRequest } from '#identity/provider/features/resource-indicators.ts';
import { checkBeforeUse } from '#identity/provider/seams/asked-resource.ts';
import { createCurrentRequest } from '#identity/provider/seams/current-request.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, ISSUER, OPAQUE_SERVER, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';
import { startBareProvider } from './bare-provider.ts';
import { refreshingClient, tokensFor, withResource } from './refreshed-tokens.ts';

const TOKEN = '/oauth2/token';

test('oidc-provider uses a refresh token up before it looks at the resource; with the seam it does so afterwards', async () => {
  for (const seam of [false, true]) {
    await using bare = await startBareProvider({
      configuration: { ...withResource, rotateRefreshToken: true },
      client: refreshingClient,
      install: (provider) => {
        if (!seam) return;
        const current = createCurrentRequest();
        checkBeforeUse(provider, current, (ctx, source) => checkTokenRequest(ctx, source, []));
        provider.use((ctx, next) => current.run(ctx as never, next));
      },
    });
    const { refresh_token: token } = await tokensFor(bare, { openid: 'openid offline_access', resource: 'one:read' });
    const before = bare.stored('RefreshToken').length;

    const refused = await bare.post('/token', { grant_type: 'refresh_token', refresh_token: String(token), resource: 'urn:other' });

    expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([400, 'invalid_target']);
    expect([seam, bare.stored('RefreshToken').length]).toEqual([seam, seam ? before : before + 1]);
  }
});

describe('a request for tokens of a resource that was not granted', () => {
  const [account, client] = [anAccount(), aClient()];
  let provider: TestProvider & IdentityDatabase;
  beforeAll(async () => {
    provider = await providerOn('sqlite');
    provider.register(account, client);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  test('is refused, and the code is good for the one that was', async () => {
    const attempt = provider.attempt(client);
    const code = await provider.code(attempt, account);
    const refused = await provider.exchange(attempt, code, { resource: OPAQUE_SERVER.resource });
    expect([refused.status, refused.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_target' })]);
    expect((await provider.exchange(attempt, code, { resource: KMS_RESOURCE })).status).toBe(200);
  });

  test('is refused, and the refresh token stays good, one that is bound to a key and has no grace, too', async () => {
    const key = await dpopKey();
    const send = async (form: Readonly<Record<string, string>>) => {
      const dpop = await key.proof({ token: '', url: `${ISSUER}${TOKEN}`, method: 'POST' }, { claims: { ath: undefined } });
      return provider.send({ method: 'POST', url: `${ISSUER}${TOKEN}`, form: { client_id: client.clientId, ...form }, headers: { dpop } });
    };
    const attempt = provider.attempt(client);
    const code = await provider.code(attempt, account);
    const { redirectUri, verifier } = attempt;
    const first = await send({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
    const refresh = { grant_type: 'refresh_token', refresh_token: first.json<Tokens>().refresh_token };

    const refused = await send({ ...refresh, resource: OPAQUE_SERVER.resource });

    expect([refused.status, refused.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_target' })]);
    expect((await send({ ...refresh, resource: KMS_RESOURCE })).status).toBe(200);
  });

  test('that names none of two is refused, and so is a scope that its client may not ask for any more; both may be asked better', async () => {
    const attempt = provider.attempt(client, { scope: 'openid offline_access kms:read kms:crypto opaque:read' });
    for (const resource of [KMS_RESOURCE, OPAQUE_SERVER.resource]) attempt.url.searchParams.append('resource', resource);
    const code = await provider.code(attempt, account);
    expect((await provider.exchange(attempt, code)).json()).toMatchObject({ error: 'invalid_target' });
    const redeemed = await provider.exchange(attempt, code, { resource: KMS_RESOURCE });
    const token = redeemed.json<Tokens>().refresh_token;
    const refresh = (form: Readonly<Record<string, string>>) =>
      provider.post(TOKEN, { grant_type: 'refresh_token', refresh_token: token, ...form }, client);

    provider.register({ ...client, scopes: client.scopes.filter((scope) => scope !== 'kms:crypto') });
    const refused = await refresh({ scope: 'kms:read kms:crypto', resource: KMS_RESOURCE });
    expect([refused.status, refused.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_scope', scope: 'kms:crypto' })]);
    expect((await provider.post('/oauth2/introspect', { token }, client)).json()).toMatchObject({ active: true });
    expect((await refresh({ scope: 'kms:read', resource: KMS_RESOURCE })).json()).toMatchObject({ scope: 'kms:read' });
    provider.register(client);
  });
});
