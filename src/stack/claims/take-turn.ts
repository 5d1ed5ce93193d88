import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { holdFolder } from './user-folder.ts';

/** The folder of the turns that are taken, below that of the user. */
export const TURNS = 'turns';

/** Between two looks whether one is free, milliseconds: at least, and so many more at most, by chance, so that not all look at once. */
const [LOOK_MS, SPREAD_MS] = [200, 100] as const;

export interface TurnOptions {
  /** The work of this process. */
  readonly holder: string;
  readonly signal: AbortSignal;
  /** Called once, where it must be waited for. */
  readonly onWait: () => void;
  /** So many may start at once; by default as many as there are processors. */
  readonly turns?: number;
}

/**
 * A turn to start servers, for the processes of this user: disposing of it lets the next one have it. To start is work for a processor, and
 * many starts at once take longer than the same ones a few at a time, each of them up to a time-out.
 *
 * @throws the reason of the signal where that aborts; what `holdFolder` throws
 */
export const takeTurn = async ({ holder, signal, onWait, turns = availableParallelism() }: TurnOptions): Promise<AsyncDisposable> => {
  for (let looks = 0; ; looks += 1) {
    for (let turn = 0; turn < turns; turn += 1) {
      signal.throwIfAborted();
      const held = await holdFolder({ of: [TURNS, String(turn)], holder });
      if (held.ok || held.error.code !== 'lock-held') return orThrow(held);
    }
    if (looks === 0) onWait();
    await pause(LOOK_MS + randomInt(SPREAD_MS), undefined, { signal }).catch(() => undefined);
  }
};
