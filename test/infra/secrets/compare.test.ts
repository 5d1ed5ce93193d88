import { randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { equalSecrets } from '#infra/secrets/compare.ts';

it('secrets are equal when their bytes are, whatever their type or length', () => {
  const secret = randomUUIDv7();
  expect(equalSecrets(secret, secret)).toBe(true);
  expect(equalSecrets(secret, Buffer.from(secret))).toBe(true);
  expect(equalSecrets(secret, randomUUIDv7())).toBe(false);
  expect(equalSecrets(secret, secret.slice(1))).toBe(false);
  expect(equalSecrets('', secret)).toBe(false);
});
