import type { LogEntry } from '#cli/reporters/lines/log-entry.ts';

/** A line in its place on the time line. */
export interface TimedEntry extends LogEntry {
  /**
   * It was logged no later, epoch milliseconds: its own time, or else that of the next line of its part that tells one; null where none
   * has come.
   */
  readonly notAfter: number | null;
}

/** A line that waits for its turn. */
interface Waiting {
  readonly entry: LogEntry;
  /** By which it is put between the lines of others; null while neither it nor a line before it told a time. */
  key: number | null;
  notAfter: number | null;
  readonly arrivedAt: number;
  readonly isHistory: boolean;
}

export interface QueuesOptions {
  /** Milliseconds for which a line waits for earlier ones of parts that are silent; infinite where every part has an end. */
  readonly windowMs: number;
  /** The same of a part that has said nothing yet: its log may have to be opened. */
  readonly firstMs: number;
  /** Lines of a part that may wait. */
  readonly maxWaiting: number;
  /** Lines of a part that were there before the command began, at most. */
  readonly historyLines: number;
  /** Epoch milliseconds; a line that was logged since is no history. One that tells a time to come was logged by a clock that was wrong. */
  readonly begunAt: number;
}

/** Clocks of machines and containers may be ahead of ours by this, milliseconds. */
const SLACK_MS = 2_000;

/** The lines of one part that have arrived and are not printed yet; times are milliseconds since the beginning. */
export interface Queue {
  push(entry: LogEntry, now: number): void;
  /** No line comes any more. */
  end(): void;
  /** Nothing more may be pushed until a line has been taken. */
  readonly isFull: boolean;
}

/** The next line of all; how long to wait before there may be one; or the end. */
export type Turn = { readonly entry: TimedEntry } | { readonly waitMs: number } | 'over';

/**
 * Queues of lines, one for each part, each in the order in which they came, out of which the earliest line of all is taken. A part that is
 * silent is waited for until it has been so for the window, and every line is held so long: an earlier one that is on its way gets its
 * place. It knows no timers: each call is told the time.
 */
export interface Queues {
  readonly queues: readonly Queue[];
  next(now: number): Turn;
  /** Whether every line that was there at the beginning has been taken. */
  isCaughtUp(now: number): boolean;
}

export const createQueues = (parts: number, options: QueuesOptions): Queues => {
  const sources = Array.from({ length: parts }, () => createSource(options));
  return {
    queues: sources,
    next: (now) => {
      const heads = sources.flatMap((source) => source.head() ?? []);
      if (heads.length === 0) return sources.every((source) => source.isOver) ? 'over' : { waitMs: Number.POSITIVE_INFINITY };
      // Of equal ones the first, so that the order is the same at each call.
      const first = heads.reduce((earliest, head) => (keyOf(head) < keyOf(earliest) ? head : earliest));
      const waitMs = sources.reduce((longest, source) => Math.max(longest, source.waitFor(first, now)), 0);
      if (waitMs > 0) return { waitMs };
      for (const source of sources) if (source.head() === first) source.take();
      return { entry: { ...first.entry, notAfter: first.notAfter } };
    },
    isCaughtUp: (now) => sources.every((source) => source.isCaughtUp(now)),
  };
};

/** A line without any time goes last, when nothing tells more of it in time. */
const keyOf = ({ key }: Waiting): number => key ?? Number.POSITIVE_INFINITY;

const createSource = ({ windowMs, firstMs, maxWaiting, historyLines, begunAt }: QueuesOptions) => {
  let waiting: Waiting[] = [];
  /** The first ones of `waiting` are gone. */
  let taken = 0;
  let came = 0;
  let hasYoung = false;
  let isEnded = false;
  let lastKey: number | null = null;
  let quietFrom = firstMs;

  const head = (): Waiting | undefined => waiting[taken];
  const count = (): number => waiting.length - taken;

  /** A time is told: the lines before it that tell none were logged no later. */
  const told = (at: number, now: number): void => {
    for (let index = waiting.length - 1; index >= taken; index -= 1) {
      const earlier = waiting[index];
      if (earlier === undefined || earlier.notAfter !== null) break;
      earlier.notAfter = at;
      earlier.key ??= at;
    }
    lastKey = at;
    hasYoung ||= at >= begunAt && at <= begunAt + now + SLACK_MS;
  };

  return {
    push: (entry: LogEntry, now: number): void => {
      if (entry.at !== null) told(entry.at, now);
      came += 1;
      quietFrom = now + windowMs;
      const isHistory = came <= historyLines && !hasYoung;
      waiting.push({ entry, key: lastKey, notAfter: entry.at, arrivedAt: now, isHistory });
    },
    end: (): void => void (isEnded = true),
    get isFull(): boolean {
      return count() >= maxWaiting;
    },
    get isOver(): boolean {
      return isEnded && count() === 0;
    },
    head,
    take: (): void => {
      taken += 1;
      if (taken < maxWaiting && count() > 0) return;
      waiting = waiting.slice(taken);
      taken = 0;
    },
    /** Milliseconds for which a line must wait on account of this part; 0 where this has an own head, or no line comes any more. */
    waitFor: (line: Waiting, now: number): number => {
      const own = head();
      if (isEnded || count() >= maxWaiting || (own !== undefined && own.key !== null)) return 0;
      return Math.max(quietFrom - now, line.arrivedAt + windowMs - now);
    },
    isCaughtUp: (now: number): boolean => {
      if (head()?.isHistory === true) return false;
      return isEnded || hasYoung || came >= historyLines || (count() === 0 && quietFrom <= now);
    },
  };
};
