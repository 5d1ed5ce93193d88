import type { PartName } from '#engine/engine.ts';
import { type Clock, systemClock } from '#infra/jobs/clock.ts';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';
import { createQueues, type Queue, type TimedEntry } from './queues.ts';

/** Followed files are looked at every 200 ms, each at its own moments. */
const WINDOW_MS = 300;
const FIRST_MS = 1_000;
const MAX_WAITING = 10_000;
/** Milliseconds after which a log that is followed counts as read up to now, however much it still tells of earlier. */
const LONGEST_HISTORY_MS = 10_000;

export interface LogSource {
  readonly part: PartName;
  /** As they were logged, oldest first. */
  readonly lines: AsyncIterable<string>;
}

export interface TimeLineOptions {
  /** The sources have no end but that of their signal. */
  readonly isFollowed: boolean;
  /** Lines that each source gives at most of what was there before it was opened. */
  readonly historyLines?: number;
  readonly clock?: Clock;
}

/**
 * The lines of several parts as one, in the order of the times that they tell: each line once, and no line waits longer than a window.
 * Lines of one part keep their order; one without a time stays behind the line before it. `caught-up` comes once where they
 * are followed, when all lines that were there at the beginning have come; where they are not, those are all lines.
 *
 * @throws what a source throws, after the lines that came before
 */
export async function* timeLine(
  sources: readonly LogSource[],
  { isFollowed, historyLines = Number.POSITIVE_INFINITY, clock = systemClock }: TimeLineOptions,
): AsyncGenerator<TimedEntry | 'caught-up'> {
  const begun = clock.monotonic();
  const now = (): number => clock.monotonic() - begun;
  const { queues, next, isCaughtUp } = createQueues(sources.length, {
    windowMs: isFollowed ? WINDOW_MS : Number.POSITIVE_INFINITY,
    firstMs: isFollowed ? FIRST_MS : Number.POSITIVE_INFINITY,
    maxWaiting: MAX_WAITING,
    historyLines,
    begunAt: clock.wall(),
  });
  let [arrived, taken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const left = new AbortController();
  const failures: unknown[] = [];

  const fill = async ({ part, lines }: LogSource, queue: Queue): Promise<void> => {
    try {
      for await (const line of lines) {
        while (queue.isFull && !left.signal.aborted) await taken.promise;
        if (left.signal.aborted) return;
        queue.push(logEntry(part, line), now());
        arrived.resolve();
      }
    } catch (thrown) {
      failures.push(thrown);
    } finally {
      queue.end();
      arrived.resolve();
    }
  };
  const filling = sources.map(async (source, index) => {
    const queue = queues[index];
    if (queue !== undefined) await fill(source, queue);
  });

  let isCatchingUp = isFollowed;
  try {
    for (;;) {
      if (isCatchingUp && (isCaughtUp(now()) || now() >= LONGEST_HISTORY_MS)) {
        isCatchingUp = false;
        yield 'caught-up';
      }
      const turn = next(now());
      if (turn === 'over') break;
      if ('entry' in turn) {
        taken.resolve();
        taken = Promise.withResolvers();
        yield turn.entry;
        continue;
      }
      await waitFor(arrived.promise, { ms: isCatchingUp ? Math.min(turn.waitMs, WINDOW_MS) : turn.waitMs, clock });
      arrived = Promise.withResolvers();
    }
  } finally {
    left.abort();
    taken.resolve();
  }
  await Promise.all(filling);
  if (failures.length > 0) throw failures[0];
}

const waitFor = async (arrived: Promise<void>, { ms, clock }: { readonly ms: number; readonly clock: Clock }): Promise<void> => {
  if (ms === Number.POSITIVE_INFINITY) return arrived;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  using _timer = clock.after(ms, resolve);
  await Promise.race([arrived, late]);
};
