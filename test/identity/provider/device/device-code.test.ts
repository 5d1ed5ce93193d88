import { afterEach, describe, expect, test, vi } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { DEVICE_GRANT } from '#identity/clients/client.ts';
import { LIFETIMES } from '#identity/provider/features/lifetimes.ts';
import { databaseKinds } from '#test/support/database.ts';
import { aDevice, askForCodes, codesOf, compareCode, connect, errorOf, poll, submitCode } from '#test/identity/support/device.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, aServiceClient, ISSUER, type Tokens } from '#test/identity/support/identity-provider.ts';

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

afterEach(() => void vi.useRealTimers());

describe.each(databaseKinds())('a device on %s', (kind) => {
  test('shows a code, waits, and gets what its person allows: tokens, an ID token, refresh with the scope of the first request', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aDevice()];
    provider.register(account, client);

    const codes = await codesOf(provider, client);
    const waiting = await poll(provider, client, codes.device_code);
    const page = await connect(provider, codes.user_code, account);
    const tokens = (await poll(provider, client, codes.device_code)).json<Tokens>();
    const again = await provider.post(
      '/oauth2/token',
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, scope: 'openid profile offline_access kms:read kms:crypto' },
      client,
    );

    expect(codes).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${ISSUER}/device`,
      verification_uri_complete: `${ISSUER}/device?user_code=${codes.user_code}`,
      expires_in: LIFETIMES.deviceCode,
      interval: 5,
    });
    expect(errorOf(waiting)).toBe('authorization_pending');
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('Your device is connected')]);
    expect(tokens.scope.split(' ').toSorted()).toEqual(['kms:crypto', 'kms:read', 'offline_access', 'openid', 'profile']);
    expect(claimsOf(tokens.access_token)).toMatchObject({ aud: KMS_RESOURCE, sub: account.accountId, client_id: client.clientId });
    expect(claimsOf(tokens.id_token)).toMatchObject({ iss: ISSUER, aud: client.clientId, amr: ['pwd'], auth_time: expect.any(Number) });
    expect(again.json<Tokens>().scope).toBe(tokens.scope);
  });

  test('gets its tokens once, whoever asks at once, and a second time ends them all', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aDevice()];
    provider.register(account, client);
    const { device_code: code, user_code: userCode } = await codesOf(provider, client);
    await connect(provider, userCode, account);

    const answers = await Promise.all(Array.from({ length: 20 }, () => poll(provider, client, code)));

    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter((answer) => answer.status !== 200).map(errorOf)).toEqual(Array.from({ length: 19 }, () => 'invalid_grant'));
    const { refresh_token: token } = won[0]?.json<Tokens>() ?? { refresh_token: 'none' };
    expect(errorOf(await provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: token }, client))).toBe(
      'invalid_grant',
    );
  });

  test('hears that its person refused, on the page of the code and on that of the consent', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aDevice()];
    provider.register(account, client);
    const [early, late] = [await codesOf(provider, client), await codesOf(provider, client)];

    const refused = await compareCode(provider.browser(), early.user_code, 'refuse');
    const denied = await connect(provider, late.user_code, account, { answer: 'deny' });

    for (const page of [refused, denied]) expect(page.text).toContain('You refused');
    for (const { device_code: code } of [early, late]) expect(errorOf(await poll(provider, client, code))).toBe('access_denied');
    const once = await submitCode(provider.browser(), { user_code: late.user_code });
    expect([once.status, once.text]).toEqual([400, expect.stringContaining('This code was used before.')]);
  });

  test('hears when its code has expired, and so does its person', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Math.ceil(Date.now() / 1000) * 1000 });
    await using provider = await providerOn(kind);
    const client = aDevice();
    provider.register(client);
    const { device_code: code, user_code: userCode } = await codesOf(provider, client);

    vi.setSystemTime(Date.now() + LIFETIMES.deviceCode * 1000);
    const answers = [await poll(provider, client, code), await submitCode(provider.browser(), { user_code: userCode })] as const;

    expect([errorOf(answers[0]), answers[1].status]).toEqual(['expired_token', 400]);
    expect(answers[1].text).toContain('This code has expired.');
  });

  test('leaves no code in the database that anybody could enter or redeem, while its person decides', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aDevice()];
    provider.register(account, client);
    const browser = provider.browser();
    const { device_code: code, user_code: userCode } = await codesOf(provider, client);
    const compared = await compareCode(browser, userCode);

    const dump = await provider.dump();
    const references = [...dump.matchAll(/reference:[\w-]{43}/g)].map(([reference]) => reference);
    const stolen = await Promise.all(references.map((reference) => poll(provider, client, reference)));

    for (const secret of [code, userCode, userCode.replace('-', '')]) expect(dump).not.toContain(secret);
    expect(references.length).toBeGreaterThanOrEqual(2);
    expect(new Set(stolen.map(errorOf))).toEqual(new Set(['invalid_grant']));
    // All of it still works.
    await provider.follow(browser, compared, account);
    expect((await poll(provider, client, code)).status).toBe(200);
  });

  test('loses what it has when its account is gone before it asks', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aDevice()];
    provider.register(account, client);
    const { device_code: code, user_code: userCode } = await codesOf(provider, client);
    await connect(provider, userCode, account);

    provider.accounts.delete(account.accountId);

    expect(errorOf(await poll(provider, client, code))).toBe('invalid_grant');
  });
});

describe('a code of a device', () => {
  test('is given to clients of this grant alone, who prove who they are, and redeemed by no other', async () => {
    await using provider = await providerOn('sqlite');
    const [account, one, other] = [anAccount(), aDevice(), aDevice()];
    const confidential = aDevice({ applicationType: 'web', authMethod: 'client_secret_basic' });
    const [noDevice, service] = [aClient(), aServiceClient()];
    provider.register(account, one, other, confidential, noDevice, service);
    const { device_code: code, user_code: userCode } = await codesOf(provider, one);
    await connect(provider, userCode, account);

    const refusals = [
      await askForCodes(provider, noDevice),
      await askForCodes(provider, service, {}),
      await provider.post('/oauth2/device_authorization', { scope: 'openid' }, confidential, 'wrong'),
      await askForCodes(provider, one, { scope: 'openid kms:admin', resource: KMS_RESOURCE }),
      await poll(provider, other, code),
      await poll(provider, noDevice, code),
    ];

    expect(refusals.map(errorOf)).toEqual([
      'invalid_request',
      'invalid_request',
      'invalid_client',
      'invalid_scope',
      'invalid_grant',
      'invalid_request',
    ]);
    const mine = await codesOf(provider, confidential);
    await connect(provider, mine.user_code, account);
    expect([(await poll(provider, confidential, mine.device_code)).status, (await poll(provider, one, code)).status]).toEqual([200, 200]);
  });

  test('may be typed in small letters and without its hyphen, and is shown as the device shows it, with client, network and account', async () => {
    await using provider = await providerOn('sqlite');
    const [account, client] = [anAccount(), aDevice({ name: 'The <Television>' })];
    provider.register(account, client);
    const browser = provider.browser();
    const { user_code: userCode } = await codesOf(provider, client);
    const fresh = await submitCode(browser, { user_code: userCode.toLowerCase().replace('-', ' ') });
    await connect(provider, (await codesOf(provider, client)).user_code, account, { browser });
    const known = await submitCode(browser, { user_code: userCode.replace('-', '') });

    for (const page of [fresh, known]) {
      expect(page.text).toContain(`<strong>${userCode}</strong>`);
      expect(page.text).toContain('The &lt;Television&gt;');
      expect(page.text).toMatch(/The device asked from <code>(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)<\/code>/);
    }
    expect(fresh.text).not.toContain('You are logged in as');
    expect(known.text).toContain(`You are logged in as <strong>${account.username}</strong>`);
  });

  test('is asked about again where its client had a consent before, since it may have come from a stranger', async () => {
    await using provider = await providerOn('sqlite');
    const [account, client] = [anAccount(), aDevice({ applicationType: 'web' })];
    provider.register(account, client);
    const browser = provider.browser();
    await connect(provider, (await codesOf(provider, client)).user_code, account, { browser });

    const compared = await compareCode(browser, (await codesOf(provider, client)).user_code);

    expect(compared.headers.location).toMatch(/\/consent\//);
  });

  test('is announced by discovery', async () => {
    await using provider = await providerOn('sqlite');
    const metadata = (await provider.send({ url: `${ISSUER}/.well-known/openid-configuration` })).json<Record<string, unknown>>();
    expect(metadata).toMatchObject({
      device_authorization_endpoint: `${ISSUER}/oauth2/device_authorization`,
      grant_types_supported: expect.arrayContaining([DEVICE_GRANT]),
    });
  });
});
