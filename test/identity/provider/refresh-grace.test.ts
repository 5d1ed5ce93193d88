import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { databaseKinds } from '#test/support/database.ts';
import { createBrowser } from '#test/support/identity-browser.ts';
import { startTestIdentity } from '#test/support/identity.ts';
import { type IdentityDatabase, identityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import {
  aClient,
  anAccount,
  ISSUER,
  type ProviderTestOptions,
  startProvider,
  type TestProvider,
  type Tokens,
} from '#test/identity/support/identity-provider.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';

const GRACE_S = 10;
const TOKEN = '/oauth2/token';

const refresh = (provider: TestProvider, client: ClientRecord, token: string): Promise<HttpsResponse> =>
  provider.post(TOKEN, { grant_type: 'refresh_token', refresh_token: token }, client);

const errorOf = (response: HttpsResponse): string => response.json<{ error?: string }>().error ?? String(response.status);

/** A log-in whose first refresh token has been used: `lost` is the answer that the client never saw. */
const withLostAnswer = async (provider: TestProvider, client: ClientRecord) => {
  const account = anAccount();
  provider.register(account, client);
  const first = await provider.tokens(client, account);
  const lost = (await refresh(provider, client, first.refresh_token)).json<Tokens>();
  return { first, lost };
};

const isActive = async (provider: TestProvider, client: ClientRecord, token: string): Promise<boolean> =>
  (await provider.post('/oauth2/introspect', { token }, client)).json<{ active: boolean }>().active;

describe.each(databaseKinds())('a refresh whose answer was lost, on %s', (kind) => {
  const clock = { ms: 0 };
  let provider: TestProvider & IdentityDatabase;
  beforeAll(async () => {
    provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S, now: () => Date.now() + clock.ms });
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  test('is repeated with the same refresh token as before and a new access token, which both work', async () => {
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);

    const repeated = await refresh(provider, client, first.refresh_token);

    const tokens = repeated.json<Tokens>();
    expect([repeated.status, tokens.refresh_token, tokens.scope]).toEqual([200, lost.refresh_token, lost.scope]);
    expect(tokens.access_token).not.toBe(lost.access_token);
    expect(await isActive(provider, client, tokens.access_token)).toBe(true);
    expect((await refresh(provider, client, tokens.refresh_token)).status).toBe(200);
  });

  test('leaves one refresh token that counts, however often it is repeated', async () => {
    const client = aClient();
    const { first } = await withLostAnswer(provider, client);
    await refresh(provider, client, first.refresh_token);
    await refresh(provider, client, first.refresh_token);

    const ofModel = provider.database.db.selectFrom('oidc_payloads').selectAll().where('model', '=', 'RefreshToken');
    const rows = await ofModel.where('client_id', '=', client.clientId).execute();

    expect(rows.filter((row) => row.consumed_at === null)).toHaveLength(1);
    expect(rows).toHaveLength(2);
  });

  test('ends the family once the grace is over, counted from the first use', async () => {
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);
    clock.ms += (GRACE_S - 3) * 1000;
    expect((await refresh(provider, client, first.refresh_token)).status).toBe(200);
    clock.ms += 3000;

    expect(errorOf(await refresh(provider, client, first.refresh_token))).toBe('invalid_grant');

    expect(errorOf(await refresh(provider, client, lost.refresh_token))).toBe('invalid_grant');
    expect(await isActive(provider, client, lost.access_token)).toBe(false);
  });

  test('ends the family within the grace, too, when the successor was used: so its answer had not been lost', async () => {
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);
    const next = (await refresh(provider, client, lost.refresh_token)).json<Tokens>();

    expect(errorOf(await refresh(provider, client, first.refresh_token))).toBe('invalid_grant');

    expect(errorOf(await refresh(provider, client, next.refresh_token))).toBe('invalid_grant');
  });

  test('ends the family at once where the grace is 0', async () => {
    await using strict = await providerOn(kind, { refreshGraceSeconds: 0 });
    const client = aClient();
    const { first, lost } = await withLostAnswer(strict, client);

    expect(errorOf(await refresh(strict, client, first.refresh_token))).toBe('invalid_grant');
    expect(errorOf(await refresh(strict, client, lost.refresh_token))).toBe('invalid_grant');
  });

  test('is of no use to another client, and costs its owner nothing', async () => {
    const [client, thief] = [aClient(), aClient()];
    provider.register(thief);
    const { first, lost } = await withLostAnswer(provider, client);

    expect(errorOf(await refresh(provider, thief, first.refresh_token))).toBe('invalid_grant');
    expect((await refresh(provider, client, lost.refresh_token)).status).toBe(200);
  });

  test('of a token that is bound to a DPoP key has no grace: the second use ends the family', async () => {
    const [account, client, key] = [anAccount(), aClient(), await dpopKey()];
    provider.register(account, client);
    const ask = async (form: Readonly<Record<string, string>>): Promise<HttpsResponse> =>
      provider.send({
        method: 'POST',
        url: `${ISSUER}${TOKEN}`,
        form: { client_id: client.clientId, ...form },
        headers: { dpop: await key.proof({ token: 'none', url: `${ISSUER}${TOKEN}`, method: 'POST' }, { claims: { ath: undefined } }) },
      });
    const attempt = provider.attempt(client);
    const { code, redirectUri, verifier } = { code: await provider.code(attempt, account), ...attempt };
    const exchanged = await ask({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
    const { refresh_token: bound } = exchanged.json<Tokens>();
    const refreshBound = (token: string) => ask({ grant_type: 'refresh_token', refresh_token: token });
    const next = (await refreshBound(bound)).json<Tokens>();
    expect(next.token_type).toBe('DPoP');

    expect(errorOf(await refreshBound(bound))).toBe('invalid_grant');
    expect(errorOf(await refreshBound(next.refresh_token))).toBe('invalid_grant');
  });

  test('does not say that a used refresh token is active', async () => {
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);

    expect(await isActive(provider, client, first.refresh_token)).toBe(false);
    expect(await isActive(provider, client, lost.refresh_token)).toBe(true);
  });

  test('is repeated at another replica, also while one of the two has a newer secret; strangers to the secret end the family', async () => {
    await using database = await identityDatabase(kind);
    const [older, newer] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
    const shared = { refreshGraceSeconds: GRACE_S, encryptionKeys: newKeys() };
    const replica = (cookieKeys: readonly string[]) => startProvider(database.database, { ...shared, cookieKeys } as ProviderTestOptions);
    await using one = await replica([older, newer]);
    await using two = await replica([newer, older]);
    await using stranger = await replica([randomBytes(32).toString('base64url')]);
    const client = aClient();
    const { first, lost } = await withLostAnswer(one, client);
    for (const other of [two, stranger]) other.register(client, ...one.accounts.values());

    expect((await refresh(two, client, first.refresh_token)).json<Tokens>().refresh_token).toBe(lost.refresh_token);
    expect(errorOf(await refresh(stranger, client, first.refresh_token))).toBe('invalid_grant');
    expect(errorOf(await refresh(one, client, lost.refresh_token))).toBe('invalid_grant');
  });

  test('of a process that died before it wrote the successor gives that successor', async () => {
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);
    const unused = provider.database.db.deleteFrom('oidc_payloads').where('model', '=', 'RefreshToken').where('consumed_at', 'is', null);
    await unused.where('client_id', '=', client.clientId).execute();

    expect((await refresh(provider, client, first.refresh_token)).json<Tokens>().refresh_token).toBe(lost.refresh_token);
    expect((await refresh(provider, client, lost.refresh_token)).status).toBe(200);
  });
});

test('A refresh that is bound to a certificate is repeated over a connection with that certificate alone', async () => {
  await using identity = await startTestIdentity({ overlay: { server: { client_certificates: 'request' } } });
  const [clientId, redirectUri, verifier] = [
    `client-${randomUUIDv7()}`,
    'http://127.0.0.1:43117/callback',
    randomBytes(32).toString('base64url'),
  ];
  const registration = {
    client_id: clientId,
    name: 'Bound',
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['http://127.0.0.1/callback'],
    scopes: ['openid', 'offline_access', 'kms:read'],
    token_binding: 'certificate',
  };
  const made = await identity.admin('/admin/v1/clients', { method: 'POST', body: registration });
  expect([made.status, await made.text()]).toEqual([201, expect.any(String)]);
  const { issuer } = identity.config;
  const browser = createBrowser({ fetch: identity.fetch, origin: issuer });
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid offline_access kms:read',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const login = await browser.visit(`${issuer}/oauth2/authorize?${request}`);
  const consent = await browser.submit(login, { username: 'demo-user', password: 'demo-user-password', decision: 'login' });
  const code = new URL((await browser.submit(consent, { decision: 'allow' })).url).searchParams.get('code') ?? '';
  const ask = async (by: typeof fetch, form: Readonly<Record<string, string>>) => {
    const answer = await by(`${issuer}${TOKEN}`, { method: 'POST', body: new URLSearchParams({ client_id: clientId, ...form }) });
    return (await answer.json()) as Tokens & { readonly error?: string };
  };
  const first = await ask(identity.certifiedFetch, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  const form = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
  const second = await ask(identity.certifiedFetch, form);

  const [without, repeated] = [await ask(identity.fetch, form), await ask(identity.certifiedFetch, form)];

  expect([without.error, typeof second.refresh_token, repeated.refresh_token]).toEqual(['invalid_grant', 'string', second.refresh_token]);
});
