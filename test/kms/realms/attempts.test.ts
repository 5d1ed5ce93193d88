import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAttempts } from '#kms/realms/attempts.ts';

const clock = () => {
  let at = 1_800_000_000_000;
  return { now: () => at, advance: (ms: number) => void (at += ms) };
};
const refused = (run: () => unknown): number => {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ code: 'too-many-attempts', status: 429 });
    return Number((error as { headers: Record<string, string> }).headers['retry-after']);
  }
  return 0;
};

describe('attempts to log in', () => {
  it('lets a few mistakes pass, then asks to wait, and longer with each further failure', () => {
    const { now, advance } = clock();
    const attempts = createAttempts({ now });
    const account = `account-${randomUUIDv7()}`;
    for (let i = 0; i < 5; i += 1) attempts.begin(account, '192.0.2.1');
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const wait = refused(() => attempts.begin(account, '192.0.2.1'));
      waits.push(wait);
      advance(wait * 1000);
      attempts.begin(account, '192.0.2.1');
    }
    expect(waits).toEqual([1, 2, 4, 8]);
  });

  it('never asks to wait longer than a minute, whatever the number of failures', () => {
    const { now, advance } = clock();
    const attempts = createAttempts({ now });
    const account = `account-${randomUUIDv7()}`;
    let longest = 0;
    for (let i = 0; i < 200; i += 1) {
      const wait = refused(() => attempts.begin(account, '192.0.2.1'));
      longest = Math.max(longest, wait);
      advance(wait * 1000);
      if (wait > 0) attempts.begin(account, '192.0.2.1');
    }
    expect(longest).toBe(60);
  });

  it('does not prolong a delay by attempts that were refused during it', () => {
    const { now, advance } = clock();
    const attempts = createAttempts({ now });
    const account = `account-${randomUUIDv7()}`;
    for (let i = 0; i < 6; i += 1) refused(() => attempts.begin(account, '192.0.2.1'));
    for (let i = 0; i < 100; i += 1) refused(() => attempts.begin(account, '192.0.2.1'));
    advance(1_000);
    expect(refused(() => attempts.begin(account, '192.0.2.1'))).toBe(0);
  });

  it('counts guesses that are sent at once, before any is answered', () => {
    const attempts = createAttempts({ now: clock().now });
    const account = `account-${randomUUIDv7()}`;
    const results = Array.from({ length: 100 }, () => refused(() => attempts.begin(account, '192.0.2.1')));
    expect(results.filter((wait) => wait === 0)).toHaveLength(5);
  });

  it('slows one address that tries many accounts', () => {
    const attempts = createAttempts({ now: clock().now });
    const results = Array.from({ length: 100 }, () => refused(() => attempts.begin(`account-${randomUUIDv7()}`, '192.0.2.1')));
    expect(results.filter((wait) => wait === 0)).toHaveLength(50);
  });

  it('slows many addresses that try one account, but not the address of its owner', () => {
    const attempts = createAttempts({ now: clock().now });
    const account = `account-${randomUUIDv7()}`;
    attempts.begin(account, '192.0.2.1').succeeded();
    const results = Array.from({ length: 100 }, (_, index) => refused(() => attempts.begin(account, `198.51.100.${index}`)));
    expect(results.filter((wait) => wait === 0)).toHaveLength(20);
    expect(refused(() => attempts.begin(account, '192.0.2.1'))).toBe(0);
  });

  it('forgets the failures of a pair when it logs in', () => {
    const attempts = createAttempts({ now: clock().now });
    const account = `account-${randomUUIDv7()}`;
    for (let i = 0; i < 4; i += 1) attempts.begin(account, '192.0.2.1');
    attempts.begin(account, '192.0.2.1').succeeded();
    for (let i = 0; i < 5; i += 1) expect(refused(() => attempts.begin(account, '192.0.2.1'))).toBe(0);
    expect(refused(() => attempts.begin(account, '192.0.2.1'))).toBe(1);
  });

  it('does not count an attempt that was withdrawn', () => {
    const attempts = createAttempts({ now: clock().now });
    const account = `account-${randomUUIDv7()}`;
    for (let i = 0; i < 50; i += 1) attempts.begin(account, '192.0.2.1').withdrawn();
    expect(refused(() => attempts.begin(account, '192.0.2.1'))).toBe(0);
  });

  it('keeps a bounded number of entries', () => {
    const attempts = createAttempts({ now: clock().now, max: 3 });
    const account = `account-${randomUUIDv7()}`;
    for (let i = 0; i < 6; i += 1) refused(() => attempts.begin(account, '192.0.2.1'));
    for (let i = 0; i < 3; i += 1) attempts.begin(`account-${randomUUIDv7()}`, `198.51.100.${i}`);
    expect(refused(() => attempts.begin(account, '192.0.2.1'))).toBe(0);
  });
});
