import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import { createGuessCheck } from '#infra/secrets/attempts/guess-check.ts';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';

const ADDRESS = '192.0.2.7';

/** A check whose stored password is its plaintext, and that tells how often it really looked. */
const checking = () => {
  const now = () => 1_000_000;
  let looks = 0;
  const check = createGuessCheck({
    passwords: {
      verify: async (password, stored) => {
        looks += 1;
        return password === stored;
      },
    },
    verified: createVerifiedCache({ ttlMs: 60_000, max: 10, now }),
    limits: createAttemptLimits({ now }),
  });
  return {
    guess: (name: string, password: string, stored: string) => check({ name, password, stored, address: ADDRESS }),
    looks: () => looks,
  };
};

describe('A right password among wrong ones', () => {
  it('lets the pair of name and address start anew, also when it was known and nobody had to look', async () => {
    const [name, right] = [`client-${randomUUIDv7()}`, randomUUIDv7()];
    const { guess, looks } = checking();
    for (let round = 0; round < 8; round += 1) {
      expect(await guess(name, right, right)).toBe(true);
      expect(await guess(name, `wrong-${round}`, right)).toBe(false);
    }
    expect(looks()).toBe(9);
  });

  it('does not help another name at that address', async () => {
    const [name, other, right] = [`client-${randomUUIDv7()}`, `client-${randomUUIDv7()}`, randomUUIDv7()];
    const { guess } = checking();
    for (let round = 0; round < 5; round += 1) {
      expect(await guess(name, right, right)).toBe(true);
      expect(await guess(other, `wrong-${round}`, right)).toBe(false);
    }
    await expect(guess(other, 'wrong', right)).rejects.toMatchObject({ code: 'too-many-attempts' });
  });
});
