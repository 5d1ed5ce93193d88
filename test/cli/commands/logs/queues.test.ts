import { describe, expect, it } from 'vitest';
import { createQueues, type Queue, type QueuesOptions, type TimedEntry } from '#cli/commands/logs/queues.ts';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';
import { LOG_EPOCH, serviceLine } from '#test/support/log-lines.ts';

const WINDOW = 300;

const queuesFor = (parts: number, change: Partial<QueuesOptions> = {}) => {
  const options = {
    windowMs: WINDOW,
    firstMs: 1_000,
    maxWaiting: 100,
    historyLines: Number.POSITIVE_INFINITY,
    begunAt: LOG_EPOCH + 10_000,
  };
  const made = createQueues(parts, { ...options, ...change });
  const [a, b] = made.queues as readonly [Queue, Queue];
  /** A line with a time, or without one. */
  const push = (queue: Queue, body: string, at: number | null, now: number): void =>
    queue.push(logEntry('kms', at === null ? body : serviceLine({ body, at })), now);
  /** All lines whose turn it is, and what comes then. */
  const taken = (now: number): readonly unknown[] => {
    const found: unknown[] = [];
    for (;;) {
      const turn = made.next(now);
      if (turn === 'over' || 'waitMs' in turn) return [...found, turn];
      found.push(bodyOf(turn.entry));
    }
  };
  return { ...made, a, b, push, taken };
};

const bodyOf = ({ record, line }: TimedEntry): string => record?.body ?? line;

const FOREVER = { waitMs: Number.POSITIVE_INFINITY };

describe('Lines of several parts that have an end', () => {
  it('come in the order of their times, equal ones in the order of the parts, and each once', () => {
    const { a, b, push, taken } = queuesFor(2, { windowMs: Number.POSITIVE_INFINITY });
    push(b, 'b1', 1, 0);
    push(b, 'b2', 2, 0);
    expect(taken(5)).toEqual([FOREVER]);
    push(a, 'a2', 2, 5);
    push(a, 'a3', 3, 5);
    expect(taken(5)).toEqual(['b1', 'a2', 'b2', FOREVER]);
    b.end();
    expect(taken(6)).toEqual(['a3', FOREVER]);
    a.end();
    expect(taken(6)).toEqual(['over']);
  });

  it('keep the order of their part, also where its clock was set back', () => {
    const { a, b, push, taken } = queuesFor(2);
    for (const [body, at] of [
      ['a1', 5],
      ['a2', 1],
      ['a3', 6],
    ] as const)
      push(a, body, at, 0);
    push(b, 'b1', 4, 0);
    a.end();
    b.end();
    expect(taken(0)).toEqual(['b1', 'a1', 'a2', 'a3', 'over']);
  });

  it('stay behind the line before them where they tell no time, and before the first one that does', () => {
    const { a, b, push, taken } = queuesFor(2);
    for (const [body, at] of [
      ['boot', null],
      ['a1', 5],
      ['  at x.ts', null],
      ['a2', 9],
    ] as const)
      push(a, body, at, 0);
    for (const [body, at] of [
      ['b1', 4],
      ['b2', 5],
      ['b3', 7],
    ] as const)
      push(b, body, at, 0);
    a.end();
    b.end();
    expect(taken(0)).toEqual(['b1', 'boot', 'a1', '  at x.ts', 'b2', 'b3', 'a2', 'over']);
  });

  it('come last where nothing in their part tells a time', () => {
    const { a, b, push, taken } = queuesFor(2);
    push(a, 'crash', null, 0);
    push(b, 'b1', 4, 0);
    a.end();
    b.end();
    expect(taken(0)).toEqual(['b1', 'crash', 'over']);
  });

  it('tell by when they were logged at the latest, as far as a later line tells it', () => {
    const { a, push, next } = queuesFor(1);
    push(a, 'boot', null, 0);
    push(a, 'a1', 5, 0);
    push(a, 'last', null, 0);
    a.end();
    const times = [next(0), next(0), next(0)].map((turn) => turn !== 'over' && 'entry' in turn && turn.entry.notAfter);
    expect(times).toEqual([LOG_EPOCH + 5, LOG_EPOCH + 5, null]);
  });
});

describe('Lines that are followed', () => {
  it('are held for the window, so that an earlier one that is on its way gets its place', () => {
    const { a, b, push, taken } = queuesFor(2, { firstMs: 0 });
    push(a, 'a2', 2, 1_000);
    expect(taken(1_000)).toEqual([{ waitMs: WINDOW }]);
    push(b, 'b1', 1, 1_200);
    expect(taken(1_200)).toEqual(['b1', { waitMs: WINDOW }]);
    expect(taken(1_500)).toEqual(['a2', FOREVER]);
  });

  it('do not wait for one another where every part has one, nor longer than the window where a part is silent', () => {
    const { a, b, push, taken } = queuesFor(2, { firstMs: 0 });
    push(a, 'a1', 1, 1_000);
    push(b, 'b2', 2, 1_000);
    expect(taken(1_000)).toEqual(['a1', { waitMs: WINDOW }]);
    expect(taken(1_300)).toEqual(['b2', FOREVER]);
    for (let at = 3; at < 90; at += 1) push(a, `a${at}`, at, 2_000);
    expect(taken(2_299)).toEqual([{ waitMs: 1 }]);
    expect(taken(2_300)).toHaveLength(88);
  });

  it('come at once, late, where they come after the window', () => {
    const { a, b, push, taken } = queuesFor(2, { firstMs: 0 });
    push(a, 'a9', 9, 1_000);
    expect(taken(1_300)).toEqual(['a9', FOREVER]);
    push(b, 'b1', 1, 1_301);
    expect(taken(1_601)).toEqual(['b1', FOREVER]);
  });

  it('wait longer for a part whose log may still be opened', () => {
    const { a, push, taken } = queuesFor(2);
    push(a, 'a1', 1, 10);
    expect(taken(10)).toEqual([{ waitMs: 990 }]);
    expect(taken(1_000)).toEqual(['a1', FOREVER]);
  });

  it('without a time wait for the window, and no longer where too many wait', () => {
    const { a, push, taken } = queuesFor(1, { maxWaiting: 3 });
    push(a, 'x', null, 2_000);
    expect(taken(2_000)).toEqual([{ waitMs: WINDOW }]);
    push(a, 'y', null, 2_000);
    push(a, 'z', null, 2_000);
    expect(a.isFull).toBe(true);
    expect(taken(2_000)).toEqual(['x', { waitMs: WINDOW }]);
    expect(a.isFull).toBe(false);
  });
});

describe('All that was there at the beginning', () => {
  it('has been taken when every part was silent for the window', () => {
    const { a, push, taken, isCaughtUp } = queuesFor(2);
    expect(isCaughtUp(999)).toBe(false);
    push(a, 'a1', 1, 900);
    expect(isCaughtUp(1_100)).toBe(false);
    taken(1_200);
    expect(isCaughtUp(1_200)).toBe(true);
  });

  it('has been taken when every part gave as many lines as it was asked for', () => {
    const { a, b, push, taken, isCaughtUp } = queuesFor(2, { historyLines: 1 });
    push(a, 'a1', 1, 0);
    push(b, 'b1', 1, 0);
    expect(isCaughtUp(0)).toBe(false);
    taken(0);
    expect(isCaughtUp(0)).toBe(false);
    taken(300);
    expect(isCaughtUp(300)).toBe(true);
    expect(queuesFor(2, { historyLines: 0 }).isCaughtUp(0)).toBe(true);
  });

  it('has been taken when a part that never rests tells of a time after the beginning', () => {
    const { a, push, taken, isCaughtUp } = queuesFor(1);
    push(a, 'old', 1, 0);
    push(a, 'young', 10_001, 0);
    expect(isCaughtUp(0)).toBe(false);
    taken(0);
    expect(isCaughtUp(0)).toBe(true);
  });

  it('has not been taken for one line of a time to come, of a clock that was ahead for a while', () => {
    const { a, push, taken, isCaughtUp } = queuesFor(1);
    push(a, 'ahead', 3_600_000, 0);
    push(a, 'old', 2, 0);
    taken(0);
    expect(isCaughtUp(0)).toBe(false);
    push(a, 'young', 10_050, 100);
    taken(100);
    expect(isCaughtUp(100)).toBe(true);
  });
});
