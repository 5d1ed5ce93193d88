import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLineQueue } from '#infra/lines/line-queue.ts';
import type { LineTarget } from '#infra/lines/line-target.ts';

const systemError = (code: string): Error => Object.assign(new Error(`${code}: refused, write`), { code, syscall: 'write' });

/** A target that takes lines until it is told to refuse them. */
const fickleTarget = () => {
  const taken: string[] = [];
  const refusals: Error[] = [];
  let refusing: Error | null = null;
  const target: LineTarget = {
    append: async (lines) => {
      const error = refusals.shift() ?? refusing;
      if (error !== null) return { lines: 0, error };
      taken.push(...lines);
      return { lines: lines.length, error: null };
    },
    appendLast: () => undefined,
  };
  return {
    target,
    taken,
    refuse: (error: Error | null) => void (refusing = error),
    refuseOnce: (error: Error) => void refusals.push(error),
  };
};

const lines = (count: number): string[] => Array.from({ length: count }, () => randomUUIDv7());

describe('A queue of lines', () => {
  it('writes them all in the order in which they came', async () => {
    const { target, taken } = fickleTarget();
    using queue = createLineQueue({ target });
    const written = lines(1_000);
    for (const line of written) queue.write(line);
    await queue.flush(20_000);
    expect(taken).toEqual(written);
    expect(queue.lost()).toEqual({ lines: 0, cause: null });
  });

  it.each(['ENOSPC', 'EDQUOT', 'EPIPE', 'EIO', 'EFBIG', 'EBADF'])(
    'counts what a target refuses with %s, and goes on by itself when it takes lines again',
    async (code) => {
      const { target, taken, refuse } = fickleTarget();
      const told: unknown[] = [];
      using queue = createLineQueue({ target, onWrittenAgain: (lost) => void told.push(lost) });
      const [before = '', lost1 = '', lost2 = '', after = '', last = ''] = lines(5);
      queue.write(before);
      await queue.flush(20_000);
      refuse(systemError(code));
      queue.write(lost1);
      await queue.flush(20_000);
      queue.write(lost2);
      await queue.flush(20_000);
      expect(queue.lost()).toEqual({ lines: 2, cause: `${code} (write)` });
      expect(told).toEqual([]);
      refuse(null);
      queue.write(after);
      queue.write(last);
      await queue.flush(20_000);
      expect(taken).toEqual([before, after, last]);
      expect(queue.lost()).toEqual({ lines: 2, cause: null });
      expect(told).toEqual([{ lines: 2, cause: `${code} (write)` }]);
    },
  );

  it('loses nothing to a pipe that is full for a while', async () => {
    const { target, taken, refuseOnce } = fickleTarget();
    using queue = createLineQueue({ target });
    const written = lines(3);
    refuseOnce(systemError('EAGAIN'));
    refuseOnce(systemError('EAGAIN'));
    for (const line of written) queue.write(line);
    await queue.flush(20_000);
    expect(taken).toEqual(written);
    expect(queue.lost()).toEqual({ lines: 0, cause: null });
  });

  it('holds no more than it may while a reader sleeps, and counts the rest', async () => {
    const reader = Promise.withResolvers<void>();
    const taken: string[] = [];
    const target: LineTarget = {
      append: async (some) => {
        await reader.promise;
        taken.push(...some);
        return { lines: some.length, error: null };
      },
      appendLast: () => undefined,
    };
    using queue = createLineQueue({ target, maxWaitingBytes: 1_000 });
    const line = randomUUIDv7();
    for (let i = 0; i < 500; i += 1) queue.write(line);
    const { lines: lost, cause } = queue.lost();
    expect(cause).toBe('lines come faster than they are written');
    reader.resolve();
    await queue.flush(20_000);
    expect(taken.length + lost).toBe(500);
    expect(taken.length * (line.length + 1)).toBeLessThanOrEqual(1_000 + line.length + 1);
    expect(queue.lost()).toEqual({ lines: lost, cause: null });
  });

  it('is left behind by a flush whose time is over', async () => {
    using queue = createLineQueue({ target: { append: () => new Promise(() => undefined), appendLast: () => undefined } });
    queue.write(randomUUIDv7());
    await queue.flush(1);
    expect(queue.lost()).toEqual({ lines: 0, cause: null });
  });
});
