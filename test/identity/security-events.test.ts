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

it('A wrong password and a wrong secret stand in the log with the address, the kind of credential and a tag of the name', async () => {
  const warned: [string, Attributes][] = [];
  const silent = noTelemetry();
  const log = { ...silent.log, warn: (message: string, attributes: Attributes = {}) => void warned.push([message, attributes]) };
  const telemetry: Telemetry = { ...silent, log };
  await using running = await startTestIdentity({ telemetry });
  const name = `name-${randomUUIDv7()}`;
  const browser = createBrowser({ fetch: running.fetch, origin: ISSUER });
  let page = await browser.visit(`${ISSUER}${LOG_IN}`);
  for (const username of [name, name, 'demo-user']) page = await browser.submit(page, { username, password: 'wrong', decision: 'login' });
  await running.fetch(`${ISSUER}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('demo-confidential-client:wrong').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });

  const events = warned.filter(([, { credential }]) => credential !== undefined);
  const tag = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
  const failed = { reason: 'wrong-credentials', client_id: 'demo-public-client', credential: 'password', name_tag: tag };
  expect(events).toEqual([
    ...Array.from({ length: 3 }, () => ['log-in failed', { ...failed, 'client.address': '127.0.0.1' }]),
    ['a client gave a wrong secret', { 'client.address': '127.0.0.1', credential: 'client-secret', name_tag: tag }],
  ]);
  const [first, second, third, fourth] = events.map(([, attributes]) => attributes['name_tag']);
  expect(second).toBe(first);
  expect(new Set([first, third, fourth]).size).toBe(3);
  expect(JSON.stringify(warned)).not.toContain(name);
});
