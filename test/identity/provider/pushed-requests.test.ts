import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { LIFETIMES } from '#identity/provider/features/lifetimes.ts';
import { databaseKinds } from '#test/support/database.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import {
  type Attempt,
  aClient,
  anAccount,
  aServiceClient,
  ISSUER,
  secretOf,
  type TestProvider,
} from '#test/identity/support/identity-provider.ts';

const PAR = '/oauth2/par';
const MINUTE = 60_000;

// Only the clock stands still: sockets and timers run.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
});

const later = (ms: number): void => {
  vi.setSystemTime(Date.now() + ms);
};

interface Pushed {
  readonly request_uri: string;
  readonly expires_in: number;
}

describe.each(databaseKinds())('a pushed authorization request on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  const account = anAccount();
  const client = aClient({ requirePushedRequests: true });
  const confidential = aServiceClient({
    grantTypes: ['authorization_code'],
    redirectUris: ['https://client.example/callback'],
    scopes: ['openid', 'kms:read'],
  });
  beforeAll(async () => {
    provider = await providerOn(kind);
    provider.register(account, client, confidential);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  const push = (attempt: Attempt, change: Readonly<Record<string, string>> = {}, secret?: string) =>
    provider.post(PAR, { ...Object.fromEntries(attempt.url.searchParams), ...change }, attempt.client, secret);
  /** The address to which a browser is sent. */
  const addressOf = (attempt: Attempt, requestUri: string, clientId = attempt.client.clientId): URL => {
    const url = new URL('/oauth2/authorize', ISSUER);
    url.search = new URLSearchParams({ client_id: clientId, request_uri: requestUri }).toString();
    return url;
  };
  const pushed = async (of = client): Promise<{ readonly attempt: Attempt; readonly url: URL }> => {
    const attempt = provider.attempt(of);
    const { request_uri: requestUri } = (await push(attempt)).json<Pushed>();
    return { attempt, url: addressOf(attempt, requestUri) };
  };
  /** Opens the page for the log-in. */
  const begin = async (url: URL) => {
    const browser = provider.browser();
    const { headers } = await browser.request({ url });
    return { browser, page: new URL(String(headers.location), ISSUER) };
  };
  /** Logs in on that page, and allows what the client asks for. */
  const finish = async ({ browser, page }: Awaited<ReturnType<typeof begin>>) => {
    const { headers } = await browser.request({ method: 'POST', url: page, body: { account_id: account.accountId } });
    return provider.walk(browser, new URL(String(headers.location), ISSUER), account);
  };
  /** Deletes the rows that have expired. */
  const sweep = async (): Promise<void> => {
    for (const job of provider.openid.jobs) if (job.name.startsWith('sweep')) await job.run(new AbortController().signal);
  };
  const walk = (url: URL) => provider.walk(provider.browser(), url, account);

  test('is answered with a request_uri for a minute, by which a browser gets a code that is bound to PKCE and the redirect URI', async () => {
    const attempt = provider.attempt(client);

    const answer = await push(attempt);
    const { request_uri: requestUri, expires_in: seconds } = answer.json<Pushed>();
    const { callback } = await walk(addressOf(attempt, requestUri));

    expect([answer.status, seconds, answer.headers['cache-control']]).toEqual([201, 60, 'no-store']);
    expect(requestUri).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{21,}$/);
    expect(Object.fromEntries(callback?.searchParams ?? [])).toEqual({
      code: expect.any(String) as string,
      state: attempt.url.searchParams.get('state'),
      iss: ISSUER,
    });
    const tokens = await provider.exchange(attempt, String(callback?.searchParams.get('code')));
    expect([tokens.status, tokens.json<{ scope: string }>().scope]).toEqual([200, attempt.url.searchParams.get('scope')]);
  });

  test('is required of a client that is registered for it, and may be pushed by every other', async () => {
    const { callback } = await provider.walk(provider.browser(), provider.attempt(client).url, account);
    expect(callback?.searchParams.get('error_description')).toBe('Pushed Authorization Request must be used');

    const attempt = provider.attempt(confidential, { redirect_uri: 'https://client.example/callback', scope: 'openid kms:read' });
    const { request_uri: requestUri } = (await push(attempt)).json<Pushed>();
    expect((await walk(addressOf(attempt, requestUri))).callback?.searchParams.get('code')).not.toBeNull();
    expect((await provider.walk(provider.browser(), attempt.url, account)).callback?.searchParams.get('code')).not.toBeNull();
  });

  test('waits for somebody who takes long to log in', async () => {
    const begun = await begin((await pushed()).url);
    later(20 * MINUTE);
    await sweep();

    expect((await finish(begun)).callback?.searchParams.get('code')).toEqual(expect.any(String));
  });

  test('gives one code: a second log-in that began with it ends with an error, and so does a late one', async () => {
    const { url } = await pushed();
    const [first, second, late] = [await begin(url), await begin(url), await begin(url)];

    expect((await finish(first)).callback?.searchParams.get('code')).toEqual(expect.any(String));
    const again = await finish(second);
    // Long after the request itself has expired, and was swept.
    later(LIFETIMES.interaction * 1000 - MINUTE);
    await sweep();
    const afterSweep = await finish(late);

    for (const { callback, last } of [again, afterSweep]) {
      expect([callback?.searchParams.get('code') ?? null, callback?.searchParams.get('error') ?? last.text]).toEqual([
        null,
        expect.stringContaining('invalid_request_uri'),
      ]);
    }
    expect((await walk(url)).last.text).toContain('invalid_request_uri');
  });

  test('gives one code, too, when twenty browsers come back for it at the same moment', async () => {
    const { url } = await pushed();
    const begun = await Promise.all(Array.from({ length: 20 }, () => begin(url)));
    const ends = await Promise.all(begun.map(finish));

    expect(ends.filter(({ callback }) => callback?.searchParams.has('code'))).toHaveLength(1);
  });

  test('counts as used when its row is gone while somebody logs in', async () => {
    const { url } = await pushed();
    const begun = await begin(url);
    await provider.database.db.deleteFrom('oidc_payloads').where('model', '=', 'PushedAuthorizationRequest').execute();

    const { callback, last } = await finish(begun);

    expect(callback?.searchParams.get('error') ?? last.text).toContain('invalid_request_uri');
  });

  test.each([
    ['a wrong secret', {}, 401, 'invalid_client', 'wrong'],
    ['another redirect URI', { redirect_uri: 'https://evil.example/' }, 400, 'invalid_request', undefined],
    ['no response type', { response_type: '' }, 400, 'invalid_request', undefined],
    ['a response type that we do not know', { response_type: 'token' }, 400, 'unsupported_response_type', undefined],
    ['no PKCE', { code_challenge: '', code_challenge_method: '' }, 400, 'invalid_request', undefined],
    ['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 400, 'request_uri_not_supported', undefined],
    ['a request object', { request: 'e30.e30.' }, 400, 'request_not_supported', undefined],
    ['a scope that the client may not ask for', { scope: 'openid kms:admin' }, 400, 'invalid_scope', undefined],
    ['more octets than are taken', { state: 'x'.repeat(3_000) }, 400, 'invalid_request', undefined],
  ] as const)('is refused with %s', async (_with, change, status, error, secret) => {
    const attempt = provider.attempt(confidential, { redirect_uri: 'https://client.example/callback', scope: 'openid' });
    const answer = await push(attempt, change, secret ?? secretOf(confidential));
    expect([answer.status, answer.json<{ error: string }>().error]).toEqual([status, error]);
  });

  test('may be pushed by a script of an origin that its client named, with a DPoP proof, too', async () => {
    const origin = 'https://app.passthru.example';
    const spa = aClient({ corsOrigins: [origin] });
    provider.register(spa);
    const url = `${ISSUER}${PAR}`;
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' };

    const preflight = await provider.send({ method: 'OPTIONS', url, headers: { origin, ...asked } });
    const form = Object.fromEntries(provider.attempt(spa).url.searchParams);
    const answer = await provider.send({ method: 'POST', url, headers: { origin }, form });

    expect([preflight.status, preflight.headers['access-control-allow-headers']]).toEqual([204, 'dpop']);
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([201, origin]);
  });

  test('is good for its own client alone, and for a minute', async () => {
    const [other, stolen] = [aClient(), await pushed()];
    provider.register(other);
    const url = addressOf(stolen.attempt, String(stolen.url.searchParams.get('request_uri')), other.clientId);
    expect((await walk(url)).callback).toBeNull();
    expect((await walk(addressOf(stolen.attempt, 'urn:ietf:params:oauth:request_uri:made-up'))).last.text).toContain('invalid_request_uri');
  });
});

test('A network has five hundred pushed requests of public clients a minute, and any number of clients that prove themselves', async () => {
  const clock = { ms: 0 };
  await using provider = await providerOn('sqlite', { elapsed: () => clock.ms });
  const [open, confidential] = [
    aClient(),
    aServiceClient({ grantTypes: ['authorization_code'], redirectUris: ['https://client.example/callback'], scopes: ['openid'] }),
  ];
  provider.register(open, confidential);
  const form = (of: typeof open, change = {}) => Object.fromEntries(provider.attempt(of, change).url.searchParams);
  const push = () => provider.post(PAR, form(open), open);
  for (let n = 0; n < 500; n += 1) expect((await push()).status).toBe(201);

  const refused = await push();
  const proved = await provider.post(
    PAR,
    form(confidential, { redirect_uri: 'https://client.example/callback', scope: 'openid' }),
    confidential,
    secretOf(confidential),
  );
  clock.ms += 1_000;

  expect([refused.status, refused.headers['retry-after'], refused.json<{ error: string }>().error]).toEqual([
    429,
    '1',
    'temporarily_unavailable',
  ]);
  expect([proved.status, (await push()).status]).toEqual([201, 201]);
});
