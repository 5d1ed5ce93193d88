import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startSweeping } from '#identity/provider/store/sweeping.ts';

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store whose rounds end when the test says so. */
const sweepingStore = () => {
  const rounds: PromiseWithResolvers<number>[] = [];
  const errors: string[] = [];
  const sweeping = startSweeping({
    store: {
      sweep: () => {
        const round = Promise.withResolvers<number>();
        rounds.push(round);
        return round.promise;
      },
    },
    log: { error: (message) => void errors.push(message) },
  });
  return { rounds, errors, sweeping };
};

test('a sweep that is still going on when the next minute comes is not joined by another', async () => {
  const { rounds, sweeping } = sweepingStore();
  await vi.advanceTimersByTimeAsync(3 * MINUTE);
  expect(rounds).toHaveLength(1);

  rounds[0]?.resolve(500);
  await expect.poll(() => rounds.length).toBe(2);
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(rounds).toHaveLength(2);

  rounds[1]?.resolve(499);
  await expect.poll(() => vi.advanceTimersByTimeAsync(MINUTE).then(() => rounds.length)).toBe(3);
  rounds[2]?.resolve(0);
  await sweeping[Symbol.asyncDispose]();
});

test('the end waits for the round under way and begins no other, although there is more', async () => {
  const { rounds, sweeping } = sweepingStore();
  await vi.advanceTimersByTimeAsync(MINUTE);
  let ended = false;
  const end = Promise.resolve(sweeping[Symbol.asyncDispose]()).then(() => (ended = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);

  rounds[0]?.resolve(500);
  await end;
  await vi.advanceTimersByTimeAsync(2 * MINUTE);

  expect(rounds).toHaveLength(1);
});

test('a round that fails is said, and the next minute tries again', async () => {
  const { rounds, errors, sweeping } = sweepingStore();
  await vi.advanceTimersByTimeAsync(MINUTE);

  rounds[0]?.reject(new Error('disk full'));
  await expect.poll(() => vi.advanceTimersByTimeAsync(MINUTE).then(() => rounds.length)).toBe(2);

  expect(errors).toEqual(['expired tokens not swept: Error: disk full']);
  rounds[1]?.resolve(0);
  await sweeping[Symbol.asyncDispose]();
});
