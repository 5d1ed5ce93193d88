import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import type { Verdict } from '#kms/access/feed/revocation-feed.ts';
import { createRevocation, type TokenUse } from '#kms/access/tokens/revocation.ts';
import { modesOf, type RevocationMode } from '#kms/access/revocation-modes.ts';
import { tokenFacts } from '#test/kms/support/token-facts.ts';

const world = (mode: RevocationMode, intervalMs = 10_000, operations: Readonly<Record<string, RevocationMode>> = {}) => {
  const state = {
    now: 1_800_000_000_000,
    elapsed: 0,
    asked: 0,
    answer: async (): Promise<boolean> => true,
    verdict: 'live' as Verdict,
    silentMs: 0,
  };
  const revocation = createRevocation({
    modeOf: modesOf({ mode, operations }),
    intervalMs,
    feed: { verdict: () => state.verdict, silentMs: () => state.silentMs },
    outageMs: 60_000,
    introspection: {
      isActive: () => {
        state.asked += 1;
        return state.answer();
      },
    },
    now: () => state.now,
    elapsed: () => state.elapsed,
  });
  return { state, revocation };
};
const use = (change: Partial<TokenUse> = {}): TokenUse => ({
  token: `token-${randomUUIDv7()}`,
  key: boundedKey(randomUUIDv7()),
  expiresAt: 1_800_000_600_000,
  scope: 'kms:elastic-keys:read',
  facts: tokenFacts(),
  ...change,
});
const unavailable = () => Promise.reject(new Error('identity does not answer'));

describe('revocation', () => {
  it('is asked for at every request in the mode every-request', async () => {
    const { state, revocation } = world('every-request');
    const token = use();
    expect(await revocation.isRevoked(token)).toBe(false);
    state.answer = async () => false;
    expect(await revocation.isRevoked(token)).toBe(true);
    expect(state.asked).toBe(2);
  });

  it.each<[FineScope, number]>([
    ['kms:elastic-keys:read', 0],
    ['kms:encrypt', 0],
    ['kms:verify', 0],
    ['kms:decrypt', 1],
    ['kms:sign', 1],
    ['kms:unwrap', 1],
    ['kms:elastic-keys:delete', 1],
    ['kms:material-keys:rotate', 1],
  ])('in the mode sensitive-only %s asks %i times', async (scope, asked) => {
    const { state, revocation } = world('sensitive-only');
    await revocation.isRevoked(use({ scope }));
    expect(state.asked).toBe(asked);
  });

  it('is asked for once an interval and token in the mode interval', async () => {
    const { state, revocation } = world('interval');
    const [one, two] = [use(), use()];
    await revocation.isRevoked(one);
    await revocation.isRevoked(two);
    state.answer = async () => false;
    state.elapsed += 9_999;
    expect(await revocation.isRevoked(one)).toBe(false);
    expect(state.asked).toBe(2);
    state.elapsed += 1;
    expect(await revocation.isRevoked(one)).toBe(true);
  });

  it('never remembers an answer longer than 30 seconds, nor beyond the life of the token', async () => {
    const { state, revocation } = world('interval', 3_600_000);
    const [long, short] = [use(), use({ expiresAt: 1_800_000_005_000 })];
    await revocation.isRevoked(long);
    await revocation.isRevoked(short);
    state.elapsed += 5_000;
    state.now += 5_000;
    await revocation.isRevoked(short);
    expect(state.asked).toBe(3);
    state.elapsed += 25_000;
    await revocation.isRevoked(long);
    expect(state.asked).toBe(4);
  });

  it('is asked for after an interval, also when the clock of the machine is set back meanwhile', async () => {
    const { state, revocation } = world('interval');
    const token = use();
    await revocation.isRevoked(token);
    state.now -= 3_600_000;
    state.elapsed += 10_000;
    state.answer = async () => false;
    expect(await revocation.isRevoked(token)).toBe(true);
  });

  it('never remembers a failure as an answer', async () => {
    const { state, revocation } = world('interval');
    const token = use();
    state.answer = unavailable;
    await expect(revocation.isRevoked(token)).rejects.toThrow('identity does not answer');
    state.answer = async () => false;
    expect(await revocation.isRevoked(token)).toBe(true);
  });

  it('asks once for many requests with one token at once', async () => {
    const { state, revocation } = world('interval');
    const token = use();
    await Promise.all(Array.from({ length: 100 }, () => revocation.isRevoked(token)));
    expect(state.asked).toBe(1);
  });

  it('fails every one of them when that question fails, and asks again afterwards', async () => {
    const { state, revocation } = world('every-request');
    state.answer = unavailable;
    const token = use();
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => revocation.isRevoked(token)));
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    state.answer = async () => true;
    expect(await revocation.isRevoked(token)).toBe(false);
  });

  it('is never asked for in the mode never', async () => {
    const { state, revocation } = world('never');
    expect(await revocation.isRevoked(use({ scope: 'kms:decrypt' }))).toBe(false);
    expect(state.asked).toBe(0);
  });

  it('has the mode of each operation: that of its fine scope, else of its coarse one, else the default', async () => {
    const modeOf = modesOf({ mode: 'feed', operations: { 'kms:decrypt': 'every-request', 'kms:crypto': 'interval', 'kms:read': 'never' } });
    expect((['kms:decrypt', 'kms:sign', 'kms:elastic-keys:read', 'kms:audit:read'] as const).map(modeOf)).toEqual([
      'every-request',
      'interval',
      'never',
      'feed',
    ]);
  });
});

describe('revocation in the mode feed', () => {
  it('asks nobody while the feed is up to date, whatever the operation, and refuses as soon as the feed told', async () => {
    const { state, revocation } = world('feed');
    const token = use({ scope: 'kms:decrypt' });
    expect(await revocation.isRevoked(token)).toBe(false);
    state.verdict = 'revoked';
    expect(await revocation.isRevoked(token)).toBe(true);
    expect(state.asked).toBe(0);
  });

  it('asks as soon as the feed is late, for every operation, and at most once a second and token', async () => {
    const { state, revocation } = world('feed');
    state.verdict = 'unknown';
    const token = use({ scope: 'kms:encrypt' });
    expect(await revocation.isRevoked(token)).toBe(false);
    state.answer = async () => false;
    state.elapsed += 999;
    expect(await revocation.isRevoked(token)).toBe(false);
    state.elapsed += 1;
    expect(await revocation.isRevoked(token)).toBe(true);
    expect(state.asked).toBe(2);
  });

  it('refuses at once what uses secret keys while neither the feed nor the issuer says anything', async () => {
    const { state, revocation } = world('feed');
    state.verdict = 'unknown';
    state.answer = unavailable;
    await expect(revocation.isRevoked(use({ scope: 'kms:decrypt' }))).rejects.toThrow('identity does not answer');
  });

  it('goes on with the rest until the outage is as long as it may be, and refuses it then', async () => {
    const { state, revocation } = world('feed');
    state.verdict = 'unknown';
    state.answer = unavailable;
    state.silentMs = 59_999;
    expect(await revocation.isRevoked(use({ scope: 'kms:encrypt' }))).toBe(false);
    state.silentMs = 60_000;
    await expect(revocation.isRevoked(use({ scope: 'kms:encrypt' }))).rejects.toThrow('identity does not answer');
  });
});
