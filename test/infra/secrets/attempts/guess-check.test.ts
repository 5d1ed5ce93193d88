import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createGuessCheck } from '#infra/secrets/attempts/guess-check.ts';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const ADDRESS = '192.0.2.7';

/** A check whose stored password is its plaintext, and that tells how often it really looked. */
const checking = () => {
  const clock = createManualClock('2030-01-01T00:00:00Z');
  let looks = 0;
  const check = createGuessCheck({
    passwords: {
      verify: async (password, stored) => {
        looks += 1;
        return password === stored;
      },
    },
    verified: createVerifiedCache({ ttlMs: 60_000, max: 10, elapsed: () => clock.monotonic() }),
    limits: createAttemptLimits({ clock }),
  });
  return {
    clock,
    guess: (name: string, password: string, stored: string | undefined, address = ADDRESS) => check({ name, password, stored, address }),
    looks: () => looks,
  };
};

describe('The check of a guess', () => {
  it('looks once at a right password while it is remembered, and again afterwards', async () => {
    const [name, right] = [`client-${randomUUIDv7()}`, randomUUIDv7()];
    const { guess, looks, clock } = checking();
    for (let round = 0; round < 8; round += 1) expect(await guess(name, right, right)).toBe(true);
    expect(looks()).toBe(1);
    await clock.advance(60_000);
    expect(await guess(name, right, right)).toBe(true);
    expect(looks()).toBe(2);
  });

  it('looks again at a remembered password that comes from another network', async () => {
    const [name, right] = [`client-${randomUUIDv7()}`, randomUUIDv7()];
    const { guess, looks } = checking();
    expect(await guess(name, right, right)).toBe(true);
    expect(await guess(name, right, right, '198.51.100.1')).toBe(true);
    expect(looks()).toBe(2);
  });

  it('looks once at equal guesses that come at the same time, and says the same to all', async () => {
    const [name, right] = [`client-${randomUUIDv7()}`, randomUUIDv7()];
    const { guess, looks } = checking();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => guess(name, 'wrong', right))))).toEqual(new Set([false]));
    expect(looks()).toBe(1);
  });

  it('is never right for a name that nobody has, whatever the comparison says', async () => {
    const { guess, looks } = checking();
    expect(await guess(`client-${randomUUIDv7()}`, undefined as unknown as string, undefined)).toBe(false);
    expect(looks()).toBe(1);
  });

  it('asks a remembered password for its price, too: who guesses is not told sooner which one is right', async () => {
    const [name, right] = [`client-${randomUUIDv7()}`, randomUUIDv7()];
    const { guess, clock } = checking();
    expect(await guess(name, right, right)).toBe(true);
    const wrong = Array.from({ length: 60 }, (_, n) => guess(name, `wrong-${n}`, right).catch(() => 'refused'));
    await clock.advance(0);
    const answer = guess(name, right, right).catch(() => 'refused');
    expect(await Promise.race([answer, clock.advance(0).then(() => 'waits')])).toBe('waits');
    await clock.advance(10_000);
    expect(await answer).toBe('refused');
    expect((await Promise.all(wrong)).filter((each) => each === 'refused').length).toBeGreaterThan(0);
  });
});
