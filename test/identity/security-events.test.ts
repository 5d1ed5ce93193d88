import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Attributes, Telemetry } from '#infra/telemetry/telemetry.ts';
import { ISSUER, startTestIdentity } from '#test/support/identity.ts';
import { type Browser, createBrowser } from '#test/support/identity-browser.ts';
import { assertionKey } from '#test/identity/support/client-assertions.ts';
import { codeOf, submitTo } from '#test/identity/support/second-factors.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';

const LOG_IN = `/oauth2/authorize?${new URLSearchParams({
  response_type: 'code',
  client_id: 'demo-public-client',
  redirect_uri: 'http://127.0.0.1:43117/callback',
  scope: 'openid',
  code_challenge: 'x'.repeat(43),
  code_challenge_method: 'S256',
}).toString()}`;

const BASIC = `Basic ${Buffer.from('demo-confidential-client:wrong').toString('base64')}`;

const start = async () => {
  const warned: [string, Attributes][] = [];
  const silent = noTelemetry();
  const told: [string, Attributes][] = [];
  const info = (message: string, attributes: Attributes = {}) => void told.push([message, attributes]);
  const log = { ...silent.log, info, warn: (message: string, attributes: Attributes = {}) => void warned.push([message, attributes]) };
  const telemetry: Telemetry = { ...silent, log };
  const running = await startTestIdentity({ telemetry });
  const guess = async (usernames: readonly string[]): Promise<void> => {
    const browser = createBrowser({ fetch: running.fetch, origin: ISSUER });
    let page = await browser.visit(`${ISSUER}${LOG_IN}`);
    for (const username of usernames) page = await browser.submit(page, { username, password: 'wrong', decision: 'login' });
  };
  const ask = () =>
    running.fetch(`${ISSUER}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: BASIC, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    });
  const browser = () => createBrowser({ fetch: running.fetch, origin: ISSUER });
  return {
    warned,
    told,
    browser,
    guess,
    ask,
    fetch: running.fetch,
    admin: running.admin,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
};

it('A wrong password and a wrong secret stand in the log with the address, the kind of credential and a tag of the name', async () => {
  await using test = await start();
  const { warned } = test;
  const name = `name-${randomUUIDv7()}`;
  await test.guess([name, name, 'demo-user']);
  await test.ask();

  const events = warned.filter(([, { credential }]) => credential !== undefined);
  const tag = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
  const failed = { client_id: 'demo-public-client', credential: 'password', name_tag: tag, 'client.address': '127.0.0.1' };
  const wrong = { code: 'wrong-credentials', reason: 'wrong-credentials', 'http.response.status_code': 403 };
  const secret = { code: 'wrong-secret', reason: 'wrong-secret', 'http.response.status_code': 401 };
  expect(events).toEqual([
    ...Array.from({ length: 3 }, () => ['log-in failed', { ...failed, ...wrong }]),
    ['a client gave a wrong secret', { 'client.address': '127.0.0.1', credential: 'client-secret', name_tag: tag, ...secret }],
  ]);
  const [first, second, third, fourth] = events.map(([, attributes]) => attributes['name_tag']);
  expect(second).toBe(first);
  expect(new Set([first, third, fourth]).size).toBe(3);
  expect(JSON.stringify(warned)).not.toContain(name);
});

it('Failed log-ins of one network are told one by one at first, and then as their number', async () => {
  const test = await start();
  await test.guess(Array.from({ length: 7 }, () => `name-${randomUUIDv7()}`));
  await test[Symbol.asyncDispose]();

  expect(test.warned.map(([message]) => message)).toEqual([
    ...Array.from({ length: 5 }, () => 'log-in failed'),
    '2 more requests from 127.0.0.1 were refused with 403: wrong-credentials',
  ]);
});

it('An assertion and a DPoP proof that come again stand in the log with the client, and a secret of nobody as a wrong one', async () => {
  await using test = await start();
  const [clientId, key, dpop] = [`client-${randomUUIDv7()}`, await assertionKey(), await dpopKey()];
  const client = {
    client_id: clientId,
    name: 'A client',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    grant_types: ['client_credentials'],
    scopes: ['kms:read'],
    tenant_id: randomUUID(),
  };
  expect((await test.admin('/admin/v1/clients', { method: 'POST', body: client })).status).toBe(201);
  const token = async (form: Readonly<Record<string, string>>, headers: Record<string, string> = {}): Promise<number> =>
    (
      await test.fetch(`${ISSUER}/oauth2/token`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      })
    ).status;
  const assertion = () => key.form(clientId, { claims: { aud: ISSUER } });
  const [used, proof] = [
    await assertion(),
    await dpop.proof({ token: '', url: `${ISSUER}/oauth2/token`, method: 'POST' }, { claims: { ath: undefined } }),
  ];

  expect(await token(used, { dpop: proof })).toBe(200);
  expect([await token(used), await token(await assertion(), { dpop: proof })]).toEqual([401, 400]);
  expect(await token({ client_id: `nobody-${clientId}`, client_secret: 'a guess' })).toBe(401);

  const of = (code: string, status: number) => ({ code, reason: code, 'http.response.status_code': status, 'client.address': '127.0.0.1' });
  expect(test.warned.slice(-3)).toEqual([
    ['an assertion of a client came again', { client_id: clientId, ...of('assertion-replayed', 401) }],
    ['a DPoP proof came again', { client_id: clientId, ...of('proof-replayed', 400) }],
    ['a client gave a wrong secret', { credential: 'client-secret', name_tag: expect.any(String) as string, ...of('wrong-secret', 401) }],
  ]);
});

it('An act of an operator stands in the log with the account or client that it was done to', async () => {
  await using test = await start();
  const clientId = `client-${randomUUIDv7()}`;
  const { told } = test;
  const body = {
    client_id: clientId,
    name: 'A client',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    redirect_uris: ['https://app.example/callback'],
    scopes: ['openid'],
  };
  const made = await test.admin('/admin/v1/clients', { method: 'POST', body });
  const disabled = await test.admin(`/admin/v1/clients/${clientId}/disabled`, { method: 'PUT', body: { disabled: true } });
  expect([made.status, disabled.status]).toEqual([201, 204]);
  const account = { username: clientId, password: randomUUIDv7(), name: 'n', email: 'e@passthru.test', tenant_id: randomUUID(), roles: [] };
  const { id } = (await (await test.admin('/admin/v1/accounts', { method: 'POST', body: account })).json()) as { id: string };
  await test.admin(`/admin/v1/accounts/${id}`, { method: 'DELETE' });
  await test.admin(`/admin/v1/accounts/${randomUUIDv7()}`, { method: 'DELETE' });

  const acts = () => [...told, ...test.warned].filter(([message]) => message.startsWith('operator '));
  await expect.poll(acts).toHaveLength(5);
  expect(acts().map(([, { 'http.route': route, client_id: client, account_id: of }]) => [route, client ?? of])).toEqual([
    ['/admin/v1/clients', clientId],
    ['/admin/v1/clients/:client_id/disabled', clientId],
    ['/admin/v1/accounts', id],
    ['/admin/v1/accounts/:id', id],
    ['/admin/v1/accounts/:id', undefined],
  ]);
});

it('A log-out stands in the log with the account and who asked for it: its page, a client, or nobody', async () => {
  await using test = await start();
  for (const path of ['/account', '/oidc/logout?client_id=demo-public-client', '/oidc/logout']) {
    const browser = test.browser();
    const page = await browser.visit('/account/login');
    await submitTo(browser, page, '/account/login', { username: 'demo-user', password: 'demo-user-password' });
    const asked = await browser.visit(path);
    if (path === '/account') await submitTo(browser, asked, '/account/log-out');
    else await browser.submit(asked, { logout: 'yes' });
  }
  const of = (wanted: string) => test.told.flatMap(([message, attributes]) => (message === wanted ? [attributes] : []));
  const { account_id: accountId } = of('logged in')[0] ?? {};
  expect(accountId).toEqual(expect.any(String));
  expect(of('logged out')).toEqual([
    { account_id: accountId, client_id: 'account-page' },
    { account_id: accountId, client_id: 'demo-public-client' },
    { account_id: accountId },
  ]);
});

it('A recovery code that was used stands in the log with the account, and never the code', async () => {
  await using test = await start();
  const person = { username: `person-${randomUUIDv7()}`, password: randomUUIDv7() };
  const account = { ...person, name: 'n', email: 'e@passthru.test', tenant_id: randomUUID(), roles: [] };
  const { id } = (await (await test.admin('/admin/v1/accounts', { method: 'POST', body: account })).json()) as { id: string };
  const logIn = async (browser: Browser) => submitTo(browser, await browser.visit('/account/login'), '/account/login', person);
  const owner = test.browser();
  const begun = await submitTo(owner, await logIn(owner), '/account/totp', { decision: 'begin' });
  const secret = (/<code>([A-Z2-7 ]+)<\/code>/.exec(begun.html)?.[1] ?? '').replaceAll(' ', '');
  const shown = await submitTo(owner, begun, '/account/totp', { decision: 'confirm', code: codeOf(secret, Date.now()) });
  const code = /<code>([a-z2-7-]{19})<\/code>/.exec(shown.html)?.[1] ?? '';

  const other = test.browser();
  const page = await submitTo(other, await logIn(other), '/account/login/second-factor', { decision: 'code', code });
  expect(page.status).toBe(200);
  expect(test.warned.filter(([message]) => message.includes('recovery code'))).toEqual([
    ['a recovery code was used as the second factor', { account_id: id, client_id: 'account-page' }],
  ]);
  expect(JSON.stringify([test.told, test.warned])).not.toContain(code);
});
