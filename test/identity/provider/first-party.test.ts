import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';

const REDIRECT = 'https://app.example/callback';
const firstParty = (change: Parameters<typeof aClient>[0] = {}) =>
  aClient({
    applicationType: 'web',
    authMethod: 'client_secret_basic',
    redirectUris: [REDIRECT],
    postLogoutRedirectUris: [],
    firstParty: true,
    ...change,
  });
const asked = { redirect_uri: REDIRECT, prompt: null };

describe.each(databaseKinds())('A client of the first party on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  beforeAll(async () => {
    provider = await providerOn(kind);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  it('gets what it asks for without consent, offline_access too, and refreshes; roles still limit it', async () => {
    const [account, client] = [anAccount(), firstParty({ scopes: ['openid', 'offline_access', 'kms:read', 'kms:admin'] })];
    provider.register(account, client);
    const attempt = provider.attempt(client, { ...asked, scope: 'openid offline_access kms:read kms:admin' });
    const { callback, pages } = await provider.walk(provider.browser(), attempt.url, account);
    const tokens = (await provider.exchange(attempt, callback?.searchParams.get('code') ?? '')).json<Tokens>();
    expect([pages, tokens.scope]).toEqual([['login'], 'openid offline_access kms:read']);
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    const again = (await provider.post('/oauth2/token', form, client)).json<Tokens>();
    expect(decodeJwt(again.access_token)).toMatchObject({ sub: account.accountId, scope: 'openid offline_access kms:read' });
  });

  it('gets more of the same session silently, and keeps one grant', async () => {
    const [account, client, browser] = [anAccount(), firstParty(), provider.browser()];
    provider.register(account, client);
    await provider.code(provider.attempt(client, { ...asked, scope: 'openid kms:read' }), account, browser);
    const more = provider.attempt(client, { ...asked, prompt: 'none', scope: 'openid profile kms:read kms:crypto' });
    const { callback, pages } = await provider.walk(browser, more.url, account);
    const tokens = (await provider.exchange(more, callback?.searchParams.get('code') ?? '')).json<Tokens>();
    expect([pages, tokens.scope]).toEqual([[], 'openid profile kms:read kms:crypto']);
    const rows = provider.database.db.selectFrom('oidc_payloads').select('client_id').where('model', '=', 'Grant');
    expect(await rows.where('client_id', '=', client.clientId).execute()).toHaveLength(1);
  });

  it('shows the page of consent where it wants that, and is refused where the person says no', async () => {
    const [account, client] = [anAccount(), firstParty()];
    provider.register(account, client);
    const attempt = provider.attempt(client, { ...asked, prompt: 'consent' });
    const { callback, pages } = await provider.walk(provider.browser(), attempt.url, account, 'deny');
    expect([pages, callback?.searchParams.get('error')]).toEqual([['login', 'consent'], 'access_denied']);
  });

  it('is granted nothing before somebody has logged in, and every other client is asked about', async () => {
    const [account, client, other] = [anAccount(), firstParty(), firstParty({ firstParty: false })];
    provider.register(account, client, other);
    const silent = await provider.walk(provider.browser(), provider.attempt(client, { ...asked, prompt: 'none' }).url);
    expect(silent.callback?.searchParams.get('error')).toBe('login_required');
    const { pages } = await provider.walk(provider.browser(), provider.attempt(other, asked).url, account);
    expect(pages).toEqual(['login', 'consent']);
  });
});
