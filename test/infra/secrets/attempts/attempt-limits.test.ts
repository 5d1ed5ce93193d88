import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { type AttemptLimits, createAttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';

const MINUTE = 60_000;

const setup = (max?: number) => {
  let time = 1_800_000_000_000;
  const limits = createAttemptLimits({ now: () => time, ...(max === undefined ? {} : { max }) });
  return { limits, wait: (ms: number) => (time += ms), account: `account-${randomUUIDv7()}`, address: '192.0.2.1' };
};

/** Seconds that the caller has to wait, 0 when the attempt went through (and failed). */
const failOnce = (limits: AttemptLimits, guess: { account: string; address: string }): number => {
  try {
    limits.begin(guess);
    return 0;
  } catch (error) {
    if (!(error instanceof AppError) || error.status !== 429) throw error;
    expect(error.code).toBe('too-many-attempts');
    return Number(error.headers['retry-after']);
  }
};

/** Waits as long as it must, and fails then. */
const failUntilCounted = (limits: AttemptLimits, wait: (ms: number) => unknown, guess: { account: string; address: string }): void => {
  for (let seconds = failOnce(limits, guess); seconds > 0; seconds = failOnce(limits, guess)) wait(seconds * 1000);
};

const wentThrough = (waits: readonly number[]): number => waits.filter((seconds) => seconds === 0).length;

describe('limits of log-in attempts', () => {
  it('let a few failures through, then ask for a wait that doubles up to a minute', () => {
    const { limits, wait, account, address } = setup();
    const waits: number[] = [];
    for (let failures = 0; failures < 13; failures++) {
      let seconds = failOnce(limits, { account, address });
      waits.push(seconds);
      while (seconds > 0) {
        wait(seconds * 1000);
        seconds = failOnce(limits, { account, address });
      }
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('never ask to wait longer than a minute, whatever the number of failures', () => {
    const { limits, wait, account, address } = setup();
    let longest = 0;
    for (let n = 0; n < 400; n++) {
      const seconds = failOnce(limits, { account, address });
      longest = Math.max(longest, seconds);
      wait(seconds * 1000);
    }
    expect(longest).toBe(60);
  });

  it('do not count an attempt that had to wait', () => {
    const { limits, wait, account, address } = setup();
    for (let n = 0; n < 5; n++) failOnce(limits, { account, address });
    for (let n = 0; n < 50; n++) expect(failOnce(limits, { account, address })).toBe(1);
    wait(1000);
    expect(failOnce(limits, { account, address })).toBe(0);
  });

  it('count attempts before they are judged, so that many at once gain nothing', () => {
    const { limits, account, address } = setup();
    expect(wentThrough(Array.from({ length: 100 }, () => failOnce(limits, { account, address })))).toBe(5);
  });

  it('start anew after a success', () => {
    const { limits, account, address } = setup();
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 4; n++) expect(failOnce(limits, { account, address })).toBe(0);
      limits.begin({ account, address }).succeeded();
    }
    for (let n = 0; n < 5; n++) expect(failOnce(limits, { account, address })).toBe(0);
    expect(failOnce(limits, { account, address })).toBe(1);
  });

  it('do not count an attempt that nothing was learnt from', () => {
    const { limits, account, address } = setup();
    for (let n = 0; n < 100; n++) limits.begin({ account, address }).withdrawn();
    expect(failOnce(limits, { account, address })).toBe(0);
  });

  it('keep the delay that other failures earned when one attempt is taken back', () => {
    const { limits, wait, account, address } = setup();
    const attempt = limits.begin({ account: `account-${randomUUIDv7()}`, address });
    for (let n = 0; n < 49; n++) failOnce(limits, { account: `account-${randomUUIDv7()}`, address });
    wait(1000);
    failOnce(limits, { account: `account-${randomUUIDv7()}`, address });
    expect(failOnce(limits, { account, address })).toBe(2);
    attempt.succeeded();
    expect(failOnce(limits, { account, address })).toBe(1);
  });

  it('let the next person at an address log in at once after somebody else did, also after 60 failures by 60 accounts', () => {
    const { limits, wait, address } = setup();
    for (let n = 0; n < 60; n++) failUntilCounted(limits, wait, { account: `account-${randomUUIDv7()}`, address });
    wait(MINUTE);
    limits.begin({ account: `account-${randomUUIDv7()}`, address }).succeeded();
    expect(failOnce(limits, { account: `account-${randomUUIDv7()}`, address })).toBe(0);
  });

  it('do not prolong a delay of the account or the address by an attempt that succeeded or was not looked at', () => {
    const { limits, wait, account, address } = setup();
    const elsewhere = (n: number) => ({ account, address: `198.51.100.${n}` });
    for (let n = 0; n < 22; n++) failUntilCounted(limits, wait, elsewhere(n));
    wait(5000);
    limits.begin(elsewhere(22)).succeeded();
    limits.begin(elsewhere(23)).withdrawn();
    expect(failOnce(limits, { account, address })).toBe(0);
  });

  it('forget each failure by itself, so that an address where people mistype now and then is never slowed down', () => {
    const { limits, wait, address } = setup();
    for (let n = 0; n < 200; n++) {
      expect(failOnce(limits, { account: `account-${randomUUIDv7()}`, address })).toBe(0);
      wait(20_000);
    }
  });

  it('let an address through about four times a minute at most, however long it guesses at many accounts', () => {
    const { limits, wait, address } = setup();
    const hours = 4;
    let [guesses, time] = [0, 0];
    while (time < hours * 60 * MINUTE) {
      const seconds = failOnce(limits, { account: `account-${randomUUIDv7()}`, address });
      if (seconds === 0) guesses += 1;
      wait(seconds * 1000);
      time += seconds * 1000;
    }
    expect(guesses).toBeLessThanOrEqual(hours * 60 * 4 + 50);
  });

  it('forget failures after a quarter of an hour', () => {
    const { limits, wait, account, address } = setup();
    for (let n = 0; n < 5; n++) failOnce(limits, { account, address });
    wait(15 * MINUTE);
    for (let n = 0; n < 5; n++) expect(failOnce(limits, { account, address })).toBe(0);
  });

  it('never lock the owner out while one attacker goes on for ever', () => {
    const { limits, wait, account, address } = setup();
    for (let n = 0; n < 2000; n++) {
      failOnce(limits, { account, address: '203.0.113.66' });
      wait(1000);
    }
    expect(failOnce(limits, { account, address })).toBe(0);
  });

  it('delay the owner at a new address by seconds at most while a thousand addresses attack the account', () => {
    const { limits, wait, account, address } = setup();
    for (let n = 0; n < 1000; n++) {
      const seconds = failOnce(limits, { account, address: `10.0.${n >> 8}.${n & 255}` });
      wait(Math.max(seconds * 1000, 10));
    }
    expect(failOnce(limits, { account, address })).toBeLessThanOrEqual(5);
  });

  it('slow many addresses that try one account, but not the address of its owner', () => {
    const { limits, account, address } = setup();
    limits.begin({ account, address }).succeeded();
    expect(wentThrough(Array.from({ length: 100 }, (_, n) => failOnce(limits, { account, address: `198.51.100.${n}` })))).toBe(20);
    expect(failOnce(limits, { account, address })).toBe(0);
  });

  it('no longer know an address of the owner a day after the last log-in there', () => {
    const { limits, wait, account, address } = setup();
    limits.begin({ account, address }).succeeded();
    wait(24 * 60 * MINUTE);
    for (let n = 0; n < 20; n++) failOnce(limits, { account, address: `198.51.100.${n}` });
    expect(failOnce(limits, { account, address })).toBe(1);
  });

  it('slow down one address that tries many accounts', () => {
    const { limits, address } = setup();
    const waits = Array.from({ length: 500 }, () => failOnce(limits, { account: `account-${randomUUIDv7()}`, address }));
    expect(wentThrough(waits)).toBe(50);
  });

  it('count an IPv6 network as one address, however it is written', () => {
    const { limits, account } = setup();
    expect(wentThrough(Array.from({ length: 50 }, (_, n) => failOnce(limits, { account, address: `2001:db8::${n.toString(16)}` })))).toBe(
      5,
    );
    expect(failOnce(limits, { account, address: '2001:0db8:0:0:ffff:1:2:3' })).toBe(1);
    expect(failOnce(limits, { account, address: '2001:db8:0:1::1' })).toBe(0);
  });

  it('hold a bounded number of entries: a flood of others makes them forget, never grow', () => {
    const { limits, account, address } = setup(3);
    for (let n = 0; n < 5; n++) failOnce(limits, { account, address });
    expect(failOnce(limits, { account, address })).toBe(1);
    for (let n = 0; n < 3; n++) failOnce(limits, { account: `account-${randomUUIDv7()}`, address: `198.51.100.${n}` });
    expect(failOnce(limits, { account, address })).toBe(0);
  });

  it('do not forget an entry that is asked for all the time', () => {
    const { limits, account, address } = setup(3);
    for (let n = 0; n < 5; n++) failOnce(limits, { account, address });
    for (let n = 0; n < 100; n++) {
      expect(failOnce(limits, { account, address })).toBe(1);
      failOnce(limits, { account: `account-${randomUUIDv7()}`, address: `10.0.0.${n}` });
    }
  });
});
