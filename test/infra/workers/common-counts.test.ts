import { describe, expect, it, vi } from 'vitest';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createTokenBuckets } from '#infra/secrets/attempts/token-buckets.ts';
import { createCommonCounts } from '#infra/workers/common-counts.ts';
import { ALONE } from '#infra/workers/workers.ts';
import { linkedWorkers } from '#test/support/linked-workers.ts';

const told = () => new Promise((resolve) => void setTimeout(resolve, 40));

describe('what workers of a server count together', () => {
  it('is one bucket: what one takes the other lacks, and what one gives back the other has', async () => {
    const [one, two] = linkedWorkers(2).map((workers) =>
      createTokenBuckets({ burst: 2, everyMs: 1_000, max: 10, elapsed: () => 0, common: createCommonCounts(workers, 'tenant-requests') }),
    );
    const key = boundedKey('tenant');
    one?.take(key);
    one?.take(key);
    await vi.waitFor(() => expect(two?.has(key)).toBe(false));
    one?.giveBack(key);
    await vi.waitFor(() => expect(two?.has(key)).toBe(true));
    // What was told is not told back.
    await told();
    expect(one?.waitMs(key, 2)).toBe(1_000);
    expect(two?.waitMs(key, 2)).toBe(1_000);
  });

  it('are guesses at a password, wherever they come, and the places from where a name logged in', async () => {
    const clock = { monotonic: () => 0, after: () => ({ [Symbol.dispose]: () => {} }) };
    const [one, two] = linkedWorkers(2).map((workers) => createAttemptLimits({ workers, clock }));
    const guess = { account: 'ada', password: 'wrong', address: '192.0.2.1' };
    for (let count = 0; count < 3; count += 1) {
      expect(await one?.attempt(guess, async () => false)).toBe(false);
      expect(await two?.attempt(guess, async () => false)).toBe(false);
      await told();
    }
    // Six are all that a name has at an address: the seventh waits, and by this clock for ever.
    const seventh = await Promise.race([one?.attempt(guess, async () => true), told().then(() => 'waits')]);
    expect(seventh).toBe('waits');
    const other = { ...guess, account: 'bob' };
    expect(await one?.attempt(other, async () => true)).toBe(true);
    await told();
    for (let count = 0; count < 6; count += 1) await one?.attempt({ ...other, password: `${count}` }, async () => false);
    await told();
    // Known at this address, its right password need not wait at the other one either.
    expect(await two?.attempt(other, async () => true)).toBe(true);
  });

  it('is nothing where a server is a single process', () => {
    expect(createCommonCounts(ALONE, 'requests')).toBeUndefined();
  });
});
