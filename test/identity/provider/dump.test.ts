import { describe, expect, test } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, aServiceClient, secretOf } from '#test/identity/support/identity-provider.ts';

describe.each(databaseKinds())('a dump of %s', (kind) => {
  test('holds no code, token, cookie, interaction id, pushed request, client secret or private key, while all of them work', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    const service = aServiceClient({ scopes: ['opaque:read'] });
    provider.register(account, client, service);
    const browser = provider.browser();
    const started = await browser.request({ url: provider.attempt(client).url });
    const attempt = provider.attempt(client, { scope: 'openid offline_access opaque:read' });
    const code = await provider.code(attempt, account, browser);
    const unused = await provider.code(provider.attempt(client), account, browser);
    const tokens = (await provider.exchange(attempt, code)).json<Record<string, string>>();
    const other = (await provider.post('/oauth2/token', { grant_type: 'client_credentials' }, service)).json<Record<string, string>>();
    const refreshed = (
      await provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' }, client)
    ).json<Record<string, string>>();
    const pushedAttempt = provider.attempt(client);
    const pushed = (await provider.post('/oauth2/par', Object.fromEntries(pushedAttempt.url.searchParams), client)).json<
      Record<string, string>
    >();
    const { keys } = await provider.keys.current();
    // An interaction of somebody who is logged in remembers the session.
    const resumed = await browser.request({ url: provider.attempt(client).url });

    const dump = await provider.dump();

    const uidOf = (response: typeof started): string | undefined => response.headers.location?.split('/').at(-1);
    const secrets = {
      code,
      unused,
      interaction: uidOf(started),
      secondInteraction: uidOf(resumed),
      refreshToken: tokens.refresh_token,
      successor: refreshed.refresh_token,
      pushedRequest: pushed.request_uri?.split(':').at(-1),
      pushedVerifier: pushedAttempt.verifier,
      accessToken: tokens.access_token,
      idToken: tokens.id_token,
      clientToken: other.access_token,
      clientSecret: secretOf(service),
      verifier: attempt.verifier,
      ...Object.fromEntries(browser.cookies().map(({ name, path, value }) => [`${name} ${path}`, value])),
      ...Object.fromEntries(keys.map((key) => [`private key ${key.kid}`, key.d])),
    };
    expect(Object.keys(secrets).length).toBeGreaterThan(12);
    expect(Object.entries(secrets).filter(([, value]) => (value?.length ?? 0) <= 20)).toEqual([]);
    expect(Object.entries(secrets).filter(([, value]) => dump.includes(String(value)))).toEqual([]);
    expect(dump).toContain(account.accountId);
    expect((await provider.post('/oauth2/introspect', { token: tokens.access_token ?? '' }, client)).json()).toMatchObject({
      active: true,
    });
  });
});
