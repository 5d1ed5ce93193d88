import { randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Attributes, Telemetry } from '#infra/telemetry/telemetry.ts';
import { ISSUER, startTestIdentity } from '#test/support/identity.ts';
import { createBrowser } from '#test/support/identity-browser.ts';

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
  const log = { ...silent.log, warn: (message: string, attributes: Attributes = {}) => void warned.push([message, attributes]) };
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
  return { warned, guess, ask, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
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
