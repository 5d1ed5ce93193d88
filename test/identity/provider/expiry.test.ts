import { randomUUIDv7 } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import { LIFETIMES } from '#identity/provider/features/lifetimes.ts';
import { createPayloadStore } from '#identity/provider/store/payloads.store.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, aServiceClient, ISSUER, type TestProvider } from '#test/identity/support/identity-provider.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

// Only the clock stands still: sockets and timers run.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Math.ceil(Date.now() / 1000) * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const later = (seconds: number): void => {
  vi.setSystemTime(Date.now() + seconds * 1000);
};

test.each(databaseKinds())('a code is good until its second, and not in it, on %s', async (kind) => {
  await using provider = await providerOn(kind);
  const [account, client] = [anAccount(), aClient()];
  provider.register(account, client);
  const browser = provider.browser();
  const [first, second] = [provider.attempt(client), provider.attempt(client)];
  const codes = [await provider.code(first, account, browser), await provider.code(second, account, browser)] as const;

  later(LIFETIMES.authorizationCode - 1);
  const inTime = await provider.exchange(first, codes[0]);
  later(1);
  const late = await provider.exchange(second, codes[1]);

  expect([inTime.status, late.status, late.json<{ error: string }>().error]).toEqual([200, 400, 'invalid_grant']);
});

test.each(databaseKinds())('access tokens, JWT and opaque, end at their second, on %s', async (kind) => {
  await using provider = await providerOn(kind);
  const client = aServiceClient({ scopes: ['kms:read', 'opaque:read'], accessTokenTtlSeconds: 10 });
  provider.register(client);
  const issue = async (scope: string): Promise<string> =>
    (await provider.post('/oauth2/token', { grant_type: 'client_credentials', scope }, client)).json<{ access_token: string }>()
      .access_token;
  const tokens = [await issue('kms:read'), await issue('opaque:read')];
  const active = (): Promise<readonly boolean[]> =>
    Promise.all(
      tokens.map(async (token) => (await provider.post('/oauth2/introspect', { token }, client)).json<{ active: boolean }>().active),
    );

  later(9);
  const before = await active();
  later(1);

  expect([before, await active()]).toEqual([
    [true, true],
    [false, false],
  ]);
});

test.each(databaseKinds())('refresh tokens, sessions and interactions end, and a family ends with its grant, on %s', async (kind) => {
  await using provider = await providerOn(kind);
  const [account, client] = [anAccount(), aClient()];
  provider.register(account, client);
  const browser = provider.browser();
  const attempt = provider.attempt(client);
  const tokens = (await provider.exchange(attempt, await provider.code(attempt, account, browser))).json<{ refresh_token: string }>();
  const login = await browser.request({ url: provider.attempt(client, { prompt: 'login consent' }).url });
  const refresh = async (token: string) => {
    const response = await provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: token }, client);
    return response.json<{ refresh_token?: string; error?: string }>();
  };

  later(LIFETIMES.interaction);
  const interaction = await browser.request({ url: new URL(login.headers.location ?? '', ISSUER) });
  later(LIFETIMES.session);
  const session = await provider.walk(browser, provider.attempt(client).url);
  later(LIFETIMES.refreshToken - LIFETIMES.session - LIFETIMES.interaction - 1);
  const second = await refresh(tokens.refresh_token);
  later(LIFETIMES.refreshToken - 1);
  const third = await refresh(second.refresh_token ?? '');
  later(LIFETIMES.grant - 2 * LIFETIMES.refreshToken + 2);
  const fourth = await refresh(third.refresh_token ?? '');

  expect(interaction.status).toBe(404);
  expect(session.pages).toEqual(['login']);
  expect(third.refresh_token).toEqual(expect.any(String));
  expect(fourth.error).toBe('invalid_grant');
});

/** The jobs of a provider, by a clock that the test moves. */
const startJobs = ({ openid }: TestProvider) => {
  const clock = createManualClock(new Date().toISOString());
  const jobs = createJobs({ clock, log: { info: () => {}, error: () => {} } });
  for (const job of openid.jobs) jobs.start(job);
  return { advance: clock.advance, [Symbol.asyncDispose]: () => jobs[Symbol.asyncDispose]() };
};

test.each(databaseKinds())('rows that have expired are gone from the database within a minute, on %s', async (kind) => {
  await using provider = await providerOn(kind);
  await using clock = startJobs(provider);
  const client = aClient();
  provider.register(client);
  await provider.browser().request({ url: provider.attempt(client).url });
  const models = async (): Promise<readonly string[]> =>
    (await provider.database.db.selectFrom('oidc_payloads').select('model').execute()).map(({ model }) => model);

  later(LIFETIMES.interaction - 1);
  await clock.advance(59_000);
  const before = await models();
  later(1);
  await clock.advance(60_000);

  expect(before).toEqual(['Interaction']);
  await expect.poll(models).toEqual([]);
});

test.each(databaseKinds())(
  'a consent of which no code was redeemed is kept for an hour, one that was redeemed for its whole life, on %s',
  async (kind) => {
    await using provider = await providerOn(kind);
    await using clock = startJobs(provider);
    const [account, client, other] = [anAccount(), aClient(), aClient()];
    provider.register(account, client, other);
    const browser = provider.browser();
    const tokens = await provider.tokens(other, account);
    await provider.code(provider.attempt(client), account, browser);
    const clientsOfGrants = async () =>
      (await provider.database.db.selectFrom('oidc_payloads').select('client_id').where('model', '=', 'Grant').execute()).map(
        ({ client_id: id }) => id,
      );
    expect((await clientsOfGrants()).toSorted()).toEqual([client.clientId, other.clientId].toSorted());

    later(LIFETIMES.unredeemedGrant);
    await clock.advance(60_000);

    await expect.poll(clientsOfGrants).toEqual([other.clientId]);
    expect((await provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, other)).status).toBe(
      200,
    );
    const asked = await provider.walk(browser, provider.attempt(client, { prompt: null }).url, account);
    expect([asked.pages, asked.callback?.searchParams.has('code')]).toEqual([['consent'], true]);
  },
);

test.each(databaseKinds())('one sweep removes all rows that have expired, however many they are, on %s', async (kind) => {
  await using provider = await providerOn(kind);
  await using clock = startJobs(provider);
  const store = createPayloadStore({ database: provider.database, revocations: revocationLog(), now: Date.now });
  const expired = Array.from({ length: 2000 }, () => randomUUIDv7());
  for (const id of expired) await store.save({ model: 'Interaction', id, payload: {}, expiresAt: Date.now() });
  const kept = randomUUIDv7();
  await store.save({ model: 'Interaction', id: kept, payload: {}, expiresAt: Date.now() + 3_600_000 });
  const left = async (): Promise<number> => (await provider.database.db.selectFrom('oidc_payloads').select('id_hash').execute()).length;
  expect(await left()).toBe(2001);

  await clock.advance(60_000);

  await expect.poll(left, { timeout: 5000 }).toBe(1);
  expect(await store.find('Interaction', kept)).toBeDefined();
});
