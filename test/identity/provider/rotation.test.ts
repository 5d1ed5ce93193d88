import { describe, expect, test } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, ISSUER, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';

const TWENTY = Array.from({ length: 20 });

const refresh = (provider: TestProvider, client: ClientRecord, token: string): Promise<HttpsResponse> =>
  provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: token }, client);

const introspect = async (provider: TestProvider, client: ClientRecord, token: string): Promise<boolean> =>
  (await provider.post('/oauth2/introspect', { token }, client)).json<{ active: boolean }>().active;

const userinfo = async (provider: TestProvider, token: string): Promise<number> =>
  (await provider.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `Bearer ${token}` } })).status;

const errorOf = (response: HttpsResponse): string => response.json<{ error?: string }>().error ?? String(response.status);

describe.each(databaseKinds())('rotation on %s', (kind) => {
  test('every refresh gives a new refresh token, and a token of before is refused', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const first = await provider.tokens(client, account);

    const second = (await refresh(provider, client, first.refresh_token)).json<Tokens>();
    const third = (await refresh(provider, client, second.refresh_token)).json<Tokens>();

    expect(new Set([first, second, third].map((tokens) => tokens.refresh_token)).size).toBe(3);
    expect(await introspect(provider, client, third.access_token)).toBe(true);
  });

  test('reuse of an old refresh token revokes the whole family: refresh tokens, JWT and opaque access tokens', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const first = await provider.tokens(client, account);
    const second = (await refresh(provider, client, first.refresh_token)).json<Tokens>();
    const form = { grant_type: 'refresh_token', refresh_token: second.refresh_token, scope: 'openid' };
    const third = (await provider.post('/oauth2/token', form, client)).json<Tokens>();
    expect(await userinfo(provider, third.access_token)).toBe(200);

    const reused = await refresh(provider, client, first.refresh_token);
    const newest = await refresh(provider, client, third.refresh_token);

    expect([errorOf(reused), errorOf(newest)]).toEqual(['invalid_grant', 'invalid_grant']);
    expect(await introspect(provider, client, first.access_token)).toBe(false);
    expect(await introspect(provider, client, second.access_token)).toBe(false);
    expect(await userinfo(provider, third.access_token)).toBe(401);
  });

  test('a second family of the same account and client outlives the reuse of the first', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const [one, other] = [await provider.tokens(client, account), await provider.tokens(client, account)];
    const next = (await refresh(provider, client, one.refresh_token)).json<Tokens>();
    await refresh(provider, client, next.refresh_token);

    expect(errorOf(await refresh(provider, client, one.refresh_token))).toBe('invalid_grant');

    expect((await refresh(provider, client, other.refresh_token)).status).toBe(200);
  });

  test('a replayed code is refused and revokes what it was redeemed for', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const attempt = provider.attempt(client);
    const code = await provider.code(attempt, account);
    const tokens = (await provider.exchange(attempt, code)).json<Tokens>();

    const replayed = await provider.exchange(attempt, code);

    expect(errorOf(replayed)).toBe('invalid_grant');
    expect(errorOf(await refresh(provider, client, tokens.refresh_token))).toBe('invalid_grant');
    expect(await introspect(provider, client, tokens.access_token)).toBe(false);
  });

  test('a refresh token is of no use to another client, and that attempt does not hurt its owner', async () => {
    await using provider = await providerOn(kind);
    const [account, client, thief] = [anAccount(), aClient(), aClient()];
    provider.register(account, client, thief);
    const tokens = await provider.tokens(client, account);

    expect(errorOf(await refresh(provider, thief, tokens.refresh_token))).toBe('invalid_grant');
    expect((await refresh(provider, client, tokens.refresh_token)).status).toBe(200);
  });

  test('twenty concurrent uses of one refresh token give one successor to all, which works once', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const { refresh_token: token } = await provider.tokens(client, account);

    const answers = await Promise.all(TWENTY.map(() => refresh(provider, client, token)));

    expect(answers.map(({ status }) => status)).toEqual(TWENTY.map(() => 200));
    const [successor = '', ...others] = new Set(answers.map((answer) => answer.json<Tokens>().refresh_token));
    expect(others).toEqual([]);
    const next = (await refresh(provider, client, successor)).json<Tokens>();
    expect(errorOf(await refresh(provider, client, token))).toBe('invalid_grant');
    expect(errorOf(await refresh(provider, client, next.refresh_token))).toBe('invalid_grant');
    expect(provider.logged).toEqual([]);
  });

  test('without a grace, twenty concurrent uses of one refresh token give exactly one success, and nothing of the family works afterwards', async () => {
    await using provider = await providerOn(kind, { refreshGraceSeconds: 0 });
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const { refresh_token: token } = await provider.tokens(client, account);

    const answers = await Promise.all(TWENTY.map(() => refresh(provider, client, token)));

    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200).map(errorOf)).toEqual(Array.from({ length: 19 }, () => 'invalid_grant'));
    const tokens = won[0]?.json<Tokens>();
    expect(errorOf(await refresh(provider, client, tokens?.refresh_token ?? ''))).toBe('invalid_grant');
    expect(await introspect(provider, client, tokens?.access_token ?? '')).toBe(false);
    expect(provider.logged).toEqual([]);
  });

  test('twenty concurrent uses of one code give exactly one success, and nothing of the family works afterwards', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const attempt = provider.attempt(client);
    const code = await provider.code(attempt, account);

    const answers = await Promise.all(TWENTY.map(() => provider.exchange(attempt, code)));

    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    const tokens = won[0]?.json<Tokens>();
    expect(errorOf(await refresh(provider, client, tokens?.refresh_token ?? ''))).toBe('invalid_grant');
    expect(await introspect(provider, client, tokens?.access_token ?? '')).toBe(false);
    expect(provider.logged).toEqual([]);
  });

  test('a refresh token of a disabled account is refused, and its tokens are inactive', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const tokens = await provider.tokens(client, account);
    const openid = await provider.tokens(client, account, { scope: 'openid' });

    provider.accounts.delete(account.accountId);

    expect(errorOf(await refresh(provider, client, tokens.refresh_token))).toBe('invalid_grant');
    expect(await introspect(provider, client, tokens.access_token)).toBe(false);
    expect(await introspect(provider, client, openid.access_token)).toBe(false);
    expect(await userinfo(provider, openid.access_token)).toBe(401);
  });

  test('a refresh token never outlives its grant', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const tokens = await provider.tokens(client, account);
    await refresh(provider, client, tokens.refresh_token);

    const rows = await provider.database.db
      .selectFrom('oidc_payloads')
      .selectAll()
      .where('model', 'in', ['Grant', 'RefreshToken'])
      .execute();

    const grant = rows.find(({ model }) => model === 'Grant');
    const refreshTokens = rows.filter(({ model }) => model === 'RefreshToken');
    expect(refreshTokens).toHaveLength(2);
    for (const row of refreshTokens) expect(row.expires_at).toBeLessThanOrEqual(grant?.expires_at ?? 0);
  });
});
