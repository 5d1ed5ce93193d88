import { expect, test } from 'vitest';
import { createDeviceLimits } from '#identity/provider/interactions/create-device-limits.ts';
import { LIFETIMES } from '#identity/provider/features/lifetimes.ts';
import { aDevice, askForCodes, codesOf, submitCode } from '#test/identity/support/device.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';

const GUESSES = 20;
const MAX_OPEN = 500;

test('a network tries some wrong codes, then has to wait, and is told for how long; right codes cost nothing', async () => {
  const clock = { ms: 0 };
  await using provider = await providerOn('sqlite', { elapsed: () => clock.ms });
  const client = aDevice();
  provider.register(client);
  const { user_code: right } = await codesOf(provider, client);
  const enter = (code: string) => submitCode(provider.browser(), { user_code: code });

  for (let n = 0; n < 3; n += 1) expect((await enter(right)).text).toContain('Compare the code');
  for (let n = 0; n < GUESSES; n += 1) expect((await enter('BBBB-BBBB')).text).toContain('There is no such code');
  const late = await enter('BBBB-BBBB');

  expect([late.status, late.headers['retry-after'], late.headers['content-type']]).toEqual([429, '10', 'text/html; charset=utf-8']);
  expect(late.text).toContain('Too many wrong codes came from your network.');
  expect(provider.logged).toEqual([]);
  clock.ms += 10_000;
  expect((await enter(right)).text).toContain('Compare the code');
});

test('a network has so many codes open, an IPv6 /64 being one, until they have expired', () => {
  const clock = { ms: 0 };
  const limits = createDeviceLimits({ lifeSeconds: LIFETIMES.deviceCode, elapsed: () => clock.ms });
  for (let n = 0; n < MAX_OPEN; n += 1) limits.openCode(`2001:db8::${n.toString(16)}`);

  expect(() => limits.openCode('2001:db8::ffff')).toThrow('Too many devices of this network wait for a person.');
  limits.openCode('2001:db8:0:1::1');
  clock.ms += LIFETIMES.deviceCode * 1000;
  limits.openCode('2001:db8::1');
});

test('a device of such a network hears it as an error of OAuth', async () => {
  const clock = { ms: 0 };
  await using provider = await providerOn('sqlite', { elapsed: () => clock.ms });
  const client = aDevice();
  provider.register(client);
  for (let n = 0; n < MAX_OPEN; n += 1) await askForCodes(provider, client, {});

  const refused = await askForCodes(provider, client, {});

  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '2']);
  expect(refused.json()).toMatchObject({ error: 'temporarily_unavailable' });
});

test('a device asks with no more than a browser may, for its request is kept as long', async () => {
  await using provider = await providerOn('sqlite');
  const client = aDevice();
  provider.register(client);

  const refused = await askForCodes(provider, client, { login_hint: 'h'.repeat(5_000) });

  expect([refused.status, refused.json()]).toEqual([
    400,
    { error: 'invalid_request', error_description: expect.stringContaining('at most 4096 are taken') },
  ]);
});
