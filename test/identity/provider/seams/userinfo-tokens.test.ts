import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { expect, test } from 'vitest';
import { createCurrentRequest } from '#identity/provider/seams/current-request.ts';
import { keepOpenidScopes } from '#identity/provider/seams/openid-scopes.ts';
import { openUserinfo, type PersonsToken } from '#identity/provider/seams/userinfo-tokens.ts';
import { type BareProvider, startBareProvider } from './bare-provider.ts';
import { refreshingClient as client, tokensFor, withResource as configuration } from './refreshed-tokens.ts';

const install =
  (read: (token: string) => Promise<PersonsToken | undefined>) =>
  (provider: Provider): void => {
    const current = createCurrentRequest();
    keepOpenidScopes(provider);
    openUserinfo(provider, current, read);
    provider.use((ctx, next) => current.run(ctx as unknown as KoaContextWithOIDC, next));
  };

const userinfo = async ({ send }: BareProvider, token: unknown) => {
  const answer = await send('/me', { headers: { authorization: `Bearer ${String(token)}` } });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const granted = { openid: 'openid', resource: 'one:read' };

test('oidc-provider opens userinfo to no token that has an audience', async () => {
  await using bare = await startBareProvider({ configuration, client, install: keepOpenidScopes });
  const { access_token: token } = await tokensFor(bare, granted);

  expect(await userinfo(bare, token)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
});

test('with the seam a token with the scope openid opens it, and keeps its audience for everybody else', async () => {
  await using bare = await startBareProvider({ configuration, client, install: install(async () => undefined) });
  const { access_token: token } = await tokensFor(bare, granted);

  expect(await userinfo(bare, token)).toMatchObject({ status: 200, body: { sub: expect.any(String) } });
  const introspected = await (await bare.post('/token/introspection', { token: String(token) })).json();
  expect(introspected).toMatchObject({ active: true, aud: 'urn:passthru:one' });
});

test('with the seam a JWT that is read opens it by its grant; one that is not read, or has no scope openid, does not', async () => {
  const read = new Map<string, PersonsToken>();
  await using bare = await startBareProvider({ configuration, client, install: install(async (token) => read.get(token)) });
  await tokensFor(bare, granted);
  const [stored] = bare.stored('AccessToken') as readonly { grantId: string; accountId: string }[];
  const [grantId, accountId, now] = [String(stored?.grantId), String(stored?.accountId), Math.floor(Date.now() / 1000)];
  const token = { accountId, clientId: client.client_id, grantId, scope: 'openid one:read', iat: now, exp: now + 60 };
  read.set('a.good.token', token);
  read.set('an.other.grant', { ...token, grantId: 'none' });
  read.set('without.scope.openid', { ...token, scope: 'one:read' });
  read.set('bound.to.key', { ...token, jkt: 'a-thumbprint' });

  expect(await userinfo(bare, 'a.good.token')).toEqual({ status: 200, body: { sub: accountId } });
  expect(await userinfo(bare, 'an.unknown.token')).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  expect(await userinfo(bare, 'an.other.grant')).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  expect(await userinfo(bare, 'without.scope.openid')).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
  expect(await userinfo(bare, 'bound.to.key')).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
});
