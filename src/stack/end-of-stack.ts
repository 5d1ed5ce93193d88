import { access } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine, PartName } from '#engine/engine.ts';
import { isLocked } from '#engine/state/lock.ts';

/** Between two looks, milliseconds. */
const LOOK_MS = 500;
/** Looks one after the other that find nothing: a restart by hand has a moment for its second command. */
const LOOKS = 6;

export interface EndOptions {
  readonly engine: Pick<Engine, 'status'>;
  readonly parts: readonly PartName[];
  readonly stateDir: string;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks. */
  readonly lookMs?: number;
}

/**
 * Resolves when a stack was taken down, or its state folder is gone: some seconds after none of these parts is there any more. A part
 * that ended by itself is still there; a command that is at work, such as a demo that restarts it, is waited for.
 */
export const endOfStack = async ({ engine, parts, stateDir, signal, lookMs = LOOK_MS }: EndOptions): Promise<void> => {
  for (let empty = 0; empty < LOOKS && !signal.aborted;) {
    const isOver = (await isNothingThere(engine, parts)) || (await isGone(stateDir));
    empty = isOver && !(await isLocked(stateDir)) ? empty + 1 : 0;
    if (empty < LOOKS) await pause(lookMs, undefined, { signal }).catch(() => undefined);
  }
};

/** An engine that does not answer tells nothing. */
const isNothingThere = async (engine: Pick<Engine, 'status'>, parts: readonly PartName[]): Promise<boolean> => {
  const statuses = await engine.status().catch(() => null);
  return statuses !== null && statuses.every(({ service, state }) => state === 'absent' || !parts.includes(service));
};

const isGone = (path: string): Promise<boolean> =>
  access(path).then(
    () => false,
    () => true,
  );
