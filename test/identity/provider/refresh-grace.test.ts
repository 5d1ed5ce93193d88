import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { databaseKinds } from '#test/support/database.ts';
import { identityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
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
  test('is repeated with the same refresh token as before and a new access token, which both work', async () => {
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S });
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
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S });
    const client = aClient();
    const { first } = await withLostAnswer(provider, client);
    await refresh(provider, client, first.refresh_token);
    await refresh(provider, client, first.refresh_token);

    const rows = await provider.database.db.selectFrom('oidc_payloads').selectAll().where('model', '=', 'RefreshToken').execute();

    expect(rows.filter((row) => row.consumed_at === null)).toHaveLength(1);
    expect(rows).toHaveLength(2);
  });

  test('ends the family once the grace is over, counted from the first use', async () => {
    const clock = { ms: 0 };
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S, now: () => Date.now() + clock.ms });
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
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S });
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);
    const next = (await refresh(provider, client, lost.refresh_token)).json<Tokens>();

    expect(errorOf(await refresh(provider, client, first.refresh_token))).toBe('invalid_grant');

    expect(errorOf(await refresh(provider, client, next.refresh_token))).toBe('invalid_grant');
  });

  test('ends the family at once where the grace is 0', async () => {
    await using provider = await providerOn(kind, { refreshGraceSeconds: 0 });
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);

    expect(errorOf(await refresh(provider, client, first.refresh_token))).toBe('invalid_grant');
    expect(errorOf(await refresh(provider, client, lost.refresh_token))).toBe('invalid_grant');
  });

  test('is of no use to another client, and costs its owner nothing', async () => {
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S });
    const [client, thief] = [aClient(), aClient()];
    provider.register(thief);
    const { first, lost } = await withLostAnswer(provider, client);

    expect(errorOf(await refresh(provider, thief, first.refresh_token))).toBe('invalid_grant');
    expect((await refresh(provider, client, lost.refresh_token)).status).toBe(200);
  });

  test('of a token that is bound to a DPoP key has no grace: the second use ends the family', async () => {
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S });
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
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S });
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
    await using provider = await providerOn(kind, { refreshGraceSeconds: GRACE_S });
    const client = aClient();
    const { first, lost } = await withLostAnswer(provider, client);
    await provider.database.db.deleteFrom('oidc_payloads').where('model', '=', 'RefreshToken').where('consumed_at', 'is', null).execute();

    expect((await refresh(provider, client, first.refresh_token)).json<Tokens>().refresh_token).toBe(lost.refresh_token);
    expect((await refresh(provider, client, lost.refresh_token)).status).toBe(200);
  });
});
