import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { type IdentityDatabase, identityDatabase } from '#test/identity/support/identity-database.ts';
import {
  type Attempt,
  aClient,
  anAccount,
  aServiceClient,
  ISSUER,
  secretOf,
  startProvider,
  type TestProvider,
  type Tokens,
} from '#test/identity/support/identity-provider.ts';
import { type DpopKey, dpopKey } from '#test/kms/support/dpop.ts';

const TOKEN = '/oauth2/token';
const MINUTES_AGO = Math.floor(Date.now() / 1000) - 600;

describe.each(databaseKinds())('a DPoP proof at Identity on %s', (kind) => {
  const opened = new AsyncDisposableStack();
  let offering: TestProvider;
  let strict: TestProvider;
  let strictest: TestProvider;
  const encryptionKeys = newKeys();
  const cookieKeys = [randomBytes(32).toString('base64url')] as const;
  const [account, person] = [anAccount(), aClient({ tokenBinding: 'dpop' })];
  const [free, bound] = [
    aServiceClient({ authMethod: 'client_secret_post' }),
    aServiceClient({ authMethod: 'client_secret_post', tokenBinding: 'dpop' }),
  ];
  beforeAll(async () => {
    const database: IdentityDatabase = opened.use(await identityDatabase(kind));
    const start = async (dpopNonces: 'offered' | 'bound_clients' | 'required') => {
      const provider = opened.use(
        await startProvider(await database.reopen(), { cookieKeys, encryptionKeys, dpopNonces, now: () => Date.now() }),
      );
      provider.register(account, person, free, bound);
      return provider;
    };
    [offering, strict, strictest] = [await start('offered'), await start('bound_clients'), await start('required')];
  });
  afterAll(() => opened.disposeAsync());

  const proofFor = (key: DpopKey, claims: Readonly<Record<string, unknown>> = {}, path = TOKEN) =>
    key.proof({ token: '', url: `${ISSUER}${path}`, method: 'POST' }, { claims: { ath: undefined, ...claims } });
  const send = (provider: TestProvider, proof: string, client = free) =>
    provider.send({
      method: 'POST',
      url: `${ISSUER}${TOKEN}`,
      form: { grant_type: 'client_credentials', client_id: client.clientId, client_secret: secretOf(client) },
      headers: { dpop: proof },
    });
  const redeem = (provider: TestProvider, { client, redirectUri, verifier }: Attempt, code: string, dpop: string) =>
    provider.send({
      method: 'POST',
      url: `${ISSUER}${TOKEN}`,
      form: {
        grant_type: 'authorization_code',
        client_id: client.clientId,
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      },
      headers: { dpop },
    });
  const nonceOf = ({ headers }: { readonly headers: Readonly<Record<string, string | undefined>> }): string =>
    String(headers['dpop-nonce']);

  test('is good once, also in twenty requests at the same moment', async () => {
    const proof = await proofFor(await dpopKey());
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(offering, proof)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.map(({ status, text }) => (status === 200 ? '' : text)))).toHaveProperty('size', 2);
  });

  test('uses up no jti of another key, as two instances of one client may come to the same', async () => {
    const jti = randomUUIDv7();
    const proofs = await Promise.all([dpopKey(), dpopKey()].map(async (made) => proofFor(await made, { jti })));
    expect(
      (await Promise.all([...proofs, ...proofs].map((proof) => send(offering, proof)))).map(({ status }) => status).toSorted(),
    ).toEqual([200, 200, 400, 400]);
  });

  test('is taken with a nonce of an older cookie key, so that a new key may come to one replica after the other', async () => {
    const database = await identityDatabase(kind);
    await using stack = new AsyncDisposableStack();
    stack.use(database);
    const [older, newer] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
    const start = async (...keys: readonly [string, ...string[]]) => {
      const options = { cookieKeys: keys, encryptionKeys, dpopNonces: 'required' as const, now: () => Date.now() };
      const provider = stack.use(await startProvider(await database.reopen(), options));
      provider.register(free);
      return provider;
    };
    const [before, between, after] = [await start(older), await start(newer, older), await start(newer)];
    const key = await dpopKey();
    const withNonce = async (provider: TestProvider, nonce: string) => send(provider, await proofFor(key, { nonce }));
    const offeredBy = async (provider: TestProvider) => nonceOf(await send(provider, await proofFor(key)));
    const [ofOlder, ofNewer] = [await offeredBy(before), await offeredBy(between)];

    expect([ofOlder === ofNewer, ofNewer === (await offeredBy(after))]).toEqual([false, true]);
    const refused = await withNonce(before, ofNewer);
    expect([refused.json(), nonceOf(refused)]).toEqual([expect.objectContaining({ error: 'use_dpop_nonce' }), ofOlder]);
    for (const [provider, nonce] of [
      [before, ofOlder],
      [between, ofOlder],
      [between, ofNewer],
      [after, ofNewer],
    ] as const)
      expect((await withNonce(provider, nonce)).status).toBe(200);
    expect((await withNonce(after, ofOlder)).status).toBe(400);
  });

  test('is good once for as long as its date lets it be, that of a clock that is ahead, too', async () => {
    const ahead = await proofFor(await dpopKey(), { iat: Math.floor(Date.now() / 1000) + 280 });
    expect((await send(offering, ahead)).status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 400_000 });
    try {
      for (const { name, run } of offering.openid.jobs) if (name === 'sweep-expired-tokens') await run(new AbortController().signal);
      const again = await send(offering, ahead);
      expect([again.status, again.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is answered with a nonce, which the next proof may hold, at every replica, and an answer to that needs none', async () => {
    const key = await dpopKey();
    const first = await send(offering, await proofFor(key));
    const second = await send(strictest, await proofFor(key, { nonce: nonceOf(first) }));
    expect([first.status, nonceOf(first)]).toEqual([200, expect.stringMatching(/^[\w-]{43}$/)]);
    expect([second.status, second.headers['dpop-nonce']]).toEqual([200, undefined]);
  });

  test('of a client whose clock is far off is refused with a nonce, by which the next one is good', async () => {
    const key = await dpopKey();
    const refused = await send(offering, await proofFor(key, { iat: MINUTES_AGO }));
    const again = await send(offering, await proofFor(key, { iat: MINUTES_AGO, nonce: nonceOf(refused) }));
    expect([refused.status, refused.json()]).toEqual([400, expect.objectContaining({ error: 'use_dpop_nonce' })]);
    expect(again.status).toBe(200);
  });

  test('has to hold one where the deployment says so, or the client is registered for bound tokens', async () => {
    for (const [provider, client, status] of [
      [offering, bound, 200],
      [strict, free, 200],
      [strict, bound, 400],
      [strictest, free, 400],
    ] as const) {
      const key = await dpopKey();
      const answer = await send(provider, await proofFor(key), client);
      expect([client.clientId, answer.status]).toEqual([client.clientId, status]);
      const next = await send(provider, await proofFor(key, { nonce: nonceOf(answer) }), client);
      expect(next.status).toBe(200);
    }
  });

  test('is refused with a nonce that is not ours, and is told a good one', async () => {
    const key = await dpopKey();
    const refused = await send(offering, await proofFor(key, { nonce: randomBytes(32).toString('base64url') }));
    expect([refused.status, refused.json()]).toEqual([400, expect.objectContaining({ error: 'use_dpop_nonce' })]);
    expect((await send(offering, await proofFor(key, { nonce: nonceOf(refused) }))).status).toBe(200);
  });

  test('at userinfo needs a nonce where each does, and says so in the challenge', async () => {
    const key = await dpopKey();
    const attempt = strictest.attempt(person, { scope: 'openid' });
    const code = await strictest.code(attempt, account);
    const exchange = async (nonce?: string) => redeem(strictest, attempt, code, await proofFor(key, { nonce }));
    const { access_token: token } = (await exchange(nonceOf(await exchange()))).json<Tokens>();
    const ask = async (nonce?: string) => {
      const proof = await key.proof({ token, url: `${ISSUER}/oidc/userinfo` }, { claims: { nonce } });
      return strictest.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `DPoP ${token}`, dpop: proof } });
    };

    const refused = await ask();
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/DPoP .*error="use_dpop_nonce"/)]);
    expect((await ask(nonceOf(refused))).json()).toMatchObject({ sub: account.accountId });
  });

  test('at the endpoint for pushed requests binds the code to its key', async () => {
    const [key, other] = [await dpopKey(), await dpopKey()];
    const exchangeBy = async (by: DpopKey) => {
      const attempt = offering.attempt(person);
      const pushed = await offering.send({
        method: 'POST',
        url: `${ISSUER}/oauth2/par`,
        form: Object.fromEntries(attempt.url.searchParams),
        headers: { dpop: await proofFor(key, {}, '/oauth2/par') },
      });
      const url = new URL('/oauth2/authorize', ISSUER);
      const { request_uri: requestUri } = pushed.json<{ request_uri: string }>();
      url.search = new URLSearchParams({ client_id: person.clientId, request_uri: requestUri }).toString();
      const { callback } = await offering.walk(offering.browser(), url, account);
      return redeem(offering, attempt, String(callback?.searchParams.get('code')), await proofFor(by));
    };
    expect((await exchangeBy(other)).json()).toMatchObject({ error: 'invalid_grant' });
    expect((await exchangeBy(key)).json()).toMatchObject({ token_type: 'DPoP' });
  });
});
