import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundedKey, ownKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { createRefusalLog } from '#infra/http/server/refusal-log.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createGuessCheck } from '#infra/secrets/attempts/guess-check.ts';
import { retainedBytes } from '../../support/retained-bytes.ts';

/** As much as all headers of one request may have. */
const LARGEST = 32 * 1024;
const STRANGERS = 2_000;
/** A hundredth of what they sent, and more than an entry with its keys takes. */
const EACH = 2_048;

/** A name that was cut out of a header, which it would keep in memory. */
const nameInHeader = (length: number): string =>
  Buffer.from(`Basic ${randomUUIDv7().padEnd(LARGEST, 'x')}`)
    .toString('latin1')
    .slice(6, 6 + length);
const addressOf = (n: number): string => `2001:db8:${(n >> 8).toString(16)}:${(n & 255).toString(16)}::1`;

describe('A key of a cache', () => {
  it('is its text where that is short, so that what begins alike can be found', () => {
    const text = randomUUIDv7();
    expect(boundedKey(text)).toBe(text);
  });

  it('has no more characters than a bounded number, and is another for each text', () => {
    const texts = [randomUUIDv7(), 'x'.repeat(129), 'x'.repeat(LARGEST), `${'x'.repeat(LARGEST)}y`, '', '\0', '\ud800', '\udfff'];
    const keys = texts.map(boundedKey);
    expect(new Set(keys).size).toBe(texts.length);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(128);
  });

  it('that stands for a long text is no key of a short one', () => {
    const long = boundedKey('x'.repeat(LARGEST));
    expect(boundedKey(long)).not.toBe(long);
  });
});

describe('The memory that strangers take', () => {
  it('by keys is that of the keys, not of the headers that they were cut out of', async () => {
    const keys: string[] = [];
    const bytes = await retainedBytes(async () => {
      for (let n = 0; n < STRANGERS; n += 1) keys.push(ownKey(boundedKey(nameInHeader(36))));
    });
    expect(new Set(keys).size).toBe(STRANGERS);
    expect(bytes / STRANGERS).toBeLessThan(EACH);
  });

  it.each([36, LARGEST])('by names of %d characters in a bounded map is that of its keys', async (length) => {
    const map = createBoundedMap<number>({ max: STRANGERS });
    const bytes = await retainedBytes(async () => {
      for (let n = 0; n < STRANGERS; n += 1) map.set(boundedKey(nameInHeader(length)), n);
    });
    expect(map.size).toBe(STRANGERS);
    expect(bytes / STRANGERS).toBeLessThan(EACH);
  });

  it.each([36, LARGEST])('by guesses at names of %d characters is bounded, each from a network of its own', async (length) => {
    const limits = createAttemptLimits();
    const passwords = { verify: async () => false };
    const check = createGuessCheck({ passwords, limits });
    const bytes = await retainedBytes(async () => {
      for (let n = 0; n < STRANGERS; n += 1) {
        await check({ name: nameInHeader(length), password: nameInHeader(LARGEST), stored: undefined, address: addressOf(n) });
      }
    });
    expect(bytes / STRANGERS).toBeLessThan(2 * EACH);
    // It is still in use, and holds what was measured.
    expect(await limits.attempt({ account: randomUUIDv7(), password: 'p', address: addressOf(0) }, async () => true)).toBe(true);
  });

  it('by requests that are refused is that of so many networks and kinds', async () => {
    const told: string[] = [];
    using log = createRefusalLog({ warn: (line) => void told.push(line.slice(0, 10)) });
    const bytes = await retainedBytes(async () => {
      for (let n = 0; n < STRANGERS; n += 1) {
        const message = nameInHeader(LARGEST);
        log.refused({ address: addressOf(n), status: 401, code: 'token-invalid', message, attributes: {} });
      }
    });
    expect(told.length).toBeGreaterThan(0);
    expect(bytes / STRANGERS).toBeLessThan(EACH);
  });
});
