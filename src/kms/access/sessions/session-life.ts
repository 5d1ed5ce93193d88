import type { BrowserSessionRow } from '#kms/database/browser-sessions.table.ts';

/** So late at the most the database hears that a session was used, in milliseconds. */
export const NOTED_WITHIN_MS = 60_000;
/** Of the idle time, so that a short one is kept as well. */
const NOTED_PARTS = 4;

/**
 * How long a session goes on, by a clock that never goes back. The clock of the machine says it once, when this process first reads the
 * session; from then on it may be set as it likes.
 */
export interface SessionLife {
  isOver(): boolean;
  /** It is used at this moment. */
  use(): void;
  /** Another process has noted a use. @param at epoch milliseconds */
  usedElsewhere(at: number): void;
  /** Whether the database is to hear of it. */
  isToBeNoted(): boolean;
  noted(): void;
}

/**
 * @param options.row as it was read
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createSessionLife = (options: {
  readonly row: Pick<BrowserSessionRow, 'expires_at' | 'last_used_at'>;
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly now: () => number;
  readonly elapsed: () => number;
}): SessionLife => {
  const { row, idleMs, absoluteMs, now, elapsed } = options;
  const [at, wall] = [elapsed(), now()];
  // Where the clock was set back meanwhile, nothing lasts longer than it may.
  const endsAt = at + Math.min(absoluteMs, row.expires_at - wall);
  /** Of a moment by the clock of the machine; one to come counts as this moment. */
  const steadily = (epoch: number): number => elapsed() - Math.max(0, now() - epoch);
  let usedAt = steadily(row.last_used_at);
  let notedAt = usedAt;
  const noteEveryMs = Math.min(NOTED_WITHIN_MS, idleMs / NOTED_PARTS);
  return {
    isOver: () => elapsed() >= endsAt || elapsed() - usedAt >= idleMs,
    use: () => void (usedAt = elapsed()),
    usedElsewhere: (epoch) => void (usedAt = Math.max(usedAt, steadily(epoch))),
    isToBeNoted: () => elapsed() - notedAt >= noteEveryMs,
    noted: () => void (notedAt = elapsed()),
  };
};
