import { describe, expect, it } from 'vitest';
import type { StackStatus } from '#demo/health/status.ts';
import { watchStatus, type WatchOptions } from '#cli/commands/status/watch-status.ts';
import { AppError } from '#infra/apperr/app-error.ts';

const ready: StackStatus = { services: [], ready: true };
const waiting: StackStatus = { services: [], ready: false };
const away = new AppError('docker-unreachable', 503, 'Docker does not answer');

/** What is found by looks that find these, the last one again and again, and the milliseconds that it took. */
const watched = async (looks: readonly (StackStatus | Error | (() => void))[], change: Partial<WatchOptions> = {}) => {
  let [at, index] = [0, 0];
  const remarks: string[] = [];
  const look = async (): Promise<StackStatus> => {
    const one = looks[Math.min(index, looks.length - 1)] ?? waiting;
    index += 1;
    if (one instanceof Error) throw one;
    if (typeof one !== 'function') return one;
    one();
    return waiting;
  };
  const found: StackStatus[] = [];
  const options: WatchOptions = {
    look,
    untilReady: true,
    waitMs: 10_000,
    now: () => at,
    signal: new AbortController().signal,
    remark: (text) => void remarks.push(text),
    sleep: async (ms) => void (at += ms),
    ...change,
  };
  for await (const one of watchStatus(options)) found.push(one);
  return { found, remarks, took: at };
};

describe('Looks at a stack', () => {
  it('end with the first one that finds all ready, where that is waited for', async () => {
    expect(await watched([waiting, waiting, ready])).toEqual({ found: [waiting, waiting, ready], remarks: [], took: 2_000 });
  });

  it('end when the time is over, with a last look then', async () => {
    const { found, took } = await watched([waiting], { waitMs: 2_500 });
    expect([found.length, took]).toEqual([4, 2_500]);
  });

  it('go on where nothing is waited for, until the signal; a look that was cut short is not told', async () => {
    const interrupted = new AbortController();
    const looks = [ready, waiting, ready, () => interrupted.abort()];
    const { found } = await watched(looks, { untilReady: false, waitMs: Number.POSITIVE_INFINITY, signal: interrupted.signal });
    expect(found).toEqual([ready, waiting, ready]);
  });

  it('fail as the first one does, and go on where a later one fails, or where readiness is waited for', async () => {
    await expect(watched([away], { untilReady: false })).rejects.toBe(away);
    expect(await watched([waiting, away, ready])).toMatchObject({ found: [waiting, ready], remarks: ['! Docker does not answer'] });
    expect(await watched([away, ready])).toMatchObject({ found: [ready], remarks: ['! Docker does not answer'] });
    await expect(watched([away], { waitMs: 2_000 })).rejects.toBe(away);
  });

  it('do not hide an error that nobody expected', async () => {
    await expect(watched([waiting, new TypeError('bug')])).rejects.toThrow('bug');
  });
});
