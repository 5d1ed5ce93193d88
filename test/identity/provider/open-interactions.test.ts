import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { LIFETIMES } from '#identity/provider/features/lifetimes.ts';
import { createOpenInteractions } from '#identity/provider/interactions/create-open-interactions.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, startProvider } from '#test/identity/support/identity-provider.ts';

const MAX_OPEN = 500;
/** Octets that one interaction may take in the database. */
const MAX_STORED = 8 * 1024;

const setup = () => {
  const world = { elapsed: 0, warnings: [] as string[] };
  const log = { warn: (line: string) => void world.warnings.push(line) };
  return { world, interactions: createOpenInteractions({ lifeSeconds: LIFETIMES.interaction, log, elapsed: () => world.elapsed }) };
};

const provided = async () => {
  await using opened = new AsyncDisposableStack();
  const { world } = setup();
  const test = opened.use(await identityDatabase('sqlite'));
  const telemetry = noTelemetry();
  const log = { ...telemetry.log, warn: (line: string) => void world.warnings.push(line) };
  const provider = opened.use(await startProvider(test.database, { telemetry: { log }, elapsed: () => world.elapsed }));
  const [account, client] = [anAccount(), aClient()];
  provider.register(account, client);
  const rows = async () =>
    (await test.database.db.selectFrom('oidc_payloads').select(['model', 'payload']).execute()).map(({ model, payload }) => ({
      model,
      octets: Buffer.byteLength(payload),
    }));
  const resources = opened.move();
  return { world, provider, account, client, rows, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};

describe('Log-ins that wait for a person', () => {
  it('have so many places for each network, an IPv6 /64 being one', () => {
    const { world, interactions } = setup();
    for (let n = 0; n < MAX_OPEN; n += 1) expect(interactions.open(`2001:db8::${n.toString(16)}`)).toBe(0);
    expect(interactions.open('2001:db8::ffff')).toBeGreaterThan(0);
    expect(interactions.open('2001:db8:0:1::1')).toBe(0);
    expect(interactions.open('::ffff:192.0.2.1')).toBe(0);
    expect(world.warnings).toEqual([expect.stringContaining('2001:db8:0:0::/64')]);
  });

  it('give their places back when they are over, and when they have expired', () => {
    const { world, interactions } = setup();
    for (let n = 0; n < MAX_OPEN; n += 1) interactions.open('192.0.2.1');
    expect(interactions.open('192.0.2.1')).toBeGreaterThan(0);
    interactions.close('192.0.2.1');
    expect([interactions.open('192.0.2.1'), interactions.open('192.0.2.1') > 0]).toEqual([0, true]);
    world.elapsed = LIFETIMES.interaction * 1000;
    for (let n = 0; n < MAX_OPEN; n += 1) expect(interactions.open('192.0.2.1')).toBe(0);
  });

  it(
    'of one network fill the database to a limit; the client hears why no more are taken, until they have expired',
    { timeout: 60_000 },
    async () => {
      await using test = await provided();
      const { provider, account, client } = test;
      const largest = () => provider.attempt(client, { state: randomBytes(1_024).toString('hex'), ui_locales: 'x'.repeat(1_000) }).url;
      for (let n = 0; n < MAX_OPEN; n += 1) expect((await provider.send({ url: largest() })).status).toBe(303);

      const refused = await provider.send({ url: provider.attempt(client, { state: 'of the client' }).url });
      const told = new URL(refused.headers.location ?? '');
      expect([refused.status, told.origin, told.searchParams.get('state')]).toEqual([303, 'http://127.0.0.1:49152', 'of the client']);
      expect(told.searchParams.get('error')).toBe('temporarily_unavailable');
      expect(told.searchParams.get('error_description')).toMatch(
        /^too many log-ins of this network are open; finish one, or wait \d+ seconds$/,
      );
      const rows = await test.rows();
      expect(rows.map(({ model }) => model)).toEqual(Array.from({ length: MAX_OPEN }, () => 'Interaction'));
      expect(Math.max(...rows.map(({ octets }) => octets))).toBeLessThan(MAX_STORED);
      expect(test.world.warnings).toHaveLength(1);

      test.world.elapsed = LIFETIMES.interaction * 1000;
      for (let n = 0; n < 3; n += 1) {
        const walk = await provider.walk(provider.browser(), provider.attempt(client).url, account);
        expect([walk.pages, walk.callback?.searchParams.has('code')]).toEqual([['login', 'consent'], true]);
      }
    },
  );

  it('take no place once they are over: more people than there are places log in after each other', { timeout: 120_000 }, async () => {
    await using test = await provided();
    const { provider, client } = test;
    for (let n = 0; n < MAX_OPEN - 1; n += 1) await provider.send({ url: provider.attempt(client).url });
    for (let n = 0; n < 3; n += 1) {
      const walk = await provider.walk(provider.browser(), provider.attempt(client).url, test.account);
      expect(walk.callback?.searchParams.has('code')).toBe(true);
    }
  });
});

describe('An authorization request', () => {
  it.each([
    ['state', { state: 's'.repeat(2_049) }, /The parameter state has 2049 octets, and at most 2048 are taken/],
    ['state of many octets', { state: 'ä'.repeat(1_025) }, /The parameter state has 2050 octets/],
    ['nonce', { nonce: 'n'.repeat(513) }, /The parameter nonce has 513 octets, and at most 512 are taken/],
    ['sum of parameters', { login_hint: 'h'.repeat(4_000) }, /The parameters have together \d+ octets, and at most 4096 are taken/],
  ])('with too long a %s is refused on a page of ours, and nothing of it is kept', async (_, change, detail) => {
    await using test = await provided();
    const { provider, client } = test;
    for (const path of ['/oauth2/authorize', '/authorize']) {
      const { url } = provider.attempt(client, change);
      url.pathname = path;
      const answer = await provider.send({ url });
      expect([answer.status, answer.json()]).toMatchObject([400, { code: 'authorization-too-long', error: 'invalid_request' }]);
      expect(answer.json<{ detail: string }>().detail).toMatch(detail);
    }
    expect(await test.rows()).toEqual([]);
  });

  it('may have a state and a nonce as long as that', async () => {
    await using test = await provided();
    const { url } = test.provider.attempt(test.client, { state: 's'.repeat(2_048), nonce: 'n'.repeat(512) });
    const walk = await test.provider.walk(test.provider.browser(), url, test.account);
    expect(walk.callback?.searchParams.get('state')).toBe('s'.repeat(2_048));
  });
});

describe('A page of somebody else', () => {
  it.each(['image', 'iframe', 'script', 'empty'])(
    'opens no log-in by asking for an %s: the client hears that a person is wanted',
    async (what) => {
      await using test = await provided();
      const { provider, client } = test;

      const refused = await provider.send({ url: provider.attempt(client).url, headers: { 'sec-fetch-dest': what } });

      const told = new URL(refused.headers.location ?? '');
      expect([refused.status, told.origin, told.searchParams.get('error')]).toEqual([
        303,
        'http://127.0.0.1:49152',
        'interaction_required',
      ]);
      expect(told.searchParams.get('error_description')).toMatch(/prompt=none/);
      expect([await test.rows(), refused.setCookies.filter((cookie) => cookie.includes('interaction='))]).toEqual([[], []]);
    },
  );

  it.each([['document'], [undefined]])('has no part in a log-in that a window or a program opens (%s)', async (what) => {
    await using test = await provided();
    const headers: Record<string, string> = what === undefined ? {} : { 'sec-fetch-dest': what };

    const opened = await test.provider.send({ url: test.provider.attempt(test.client).url, headers });

    expect([opened.status, opened.headers.location]).toEqual([303, expect.stringMatching(/\/login\//)]);
  });

  it('is kept from no renewal of tokens: a frame of the client asks with prompt=none, which opens nothing', async () => {
    await using test = await provided();
    const { provider } = test;
    const redirectUri = 'https://application.example/callback';
    const client = aClient({ applicationType: 'web', redirectUris: [redirectUri], postLogoutRedirectUris: [] });
    provider.register(client);
    const ask = { scope: 'openid kms:read', redirect_uri: redirectUri };
    const browser = provider.browser();
    await provider.code(provider.attempt(client, { ...ask, prompt: null }), test.account, browser);
    const renew = async (of: typeof browser) => {
      const url = provider.attempt(client, { ...ask, prompt: 'none' }).url;
      const answer = await of.request({ url, headers: { 'sec-fetch-dest': 'iframe' } });
      return new URL(answer.headers.location ?? '').searchParams;
    };

    const [renewed, stranger] = [await renew(browser), await renew(provider.browser())];

    expect([renewed.has('code'), stranger.get('error')]).toEqual([true, 'login_required']);
  });

  it.each(['prefetch', 'prefetch;prerender'])('opens none by %s either, and its client hears nothing', async (purpose) => {
    await using test = await provided();
    const url = test.provider.attempt(test.client).url;

    const refused = await test.provider.send({ url, headers: { 'sec-fetch-dest': 'document', 'sec-purpose': purpose } });

    expect([refused.status, refused.json(), refused.headers.location]).toMatchObject([403, { code: 'prefetch-refused' }, undefined]);
    expect(await test.rows()).toEqual([]);
  });
});
