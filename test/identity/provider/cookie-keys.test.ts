import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createCookieKeys } from '#identity/provider/cookie-keys.ts';

const [older, newer] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];

test('the newest key signs, older ones still verify, a dropped one does not', () => {
  const before = createCookieKeys([older]);
  const rotated = createCookieKeys([newer, older]);
  const dropped = createCookieKeys([newer]);
  const signature = before.sign('session=a');

  expect([rotated.index('session=a', signature), rotated.verify('session=a', signature)]).toEqual([1, true]);
  expect(rotated.index('session=a', rotated.sign('session=a'))).toBe(0);
  expect([dropped.index('session=a', signature), dropped.verify('session=a', signature)]).toEqual([-1, false]);
});

test('a signature is for one cookie and one value', () => {
  const keys = createCookieKeys([newer]);
  const signature = keys.sign('session=a');

  expect([keys.verify('session=b', signature), keys.verify('other=a', signature), keys.verify('session=a', signature.slice(1))]).toEqual([
    false,
    false,
    false,
  ]);
  expect(Buffer.from(signature, 'base64url')).toHaveLength(32);
});

test.each([[[]], [['short']], [[newer, 'short']]])('refuses keys that protect nothing: %j', (keys) => {
  expect(() => createCookieKeys(keys)).toThrow(TypeError);
});
