import { access, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { PartName } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom, ok, type Result } from '#infra/apperr/result.ts';
import { openStack } from '../open-stack.ts';
import type { Stack } from '../stack.ts';
import type { StackOptions } from '../stack-options.ts';

/** Between two looks whether a command still works on the stack, milliseconds. */
const LOOK_MS = 100;

export interface RemoveStackOptions extends Pick<StackOptions, 'stateDir' | 'env' | 'now' | 'warn'> {
  readonly holder: string;
  /** Kills instead of waiting when it aborts. */
  readonly hurry: AbortSignal;
  /** How long a command that works on the stack is waited for, milliseconds. */
  readonly patienceMs: number;
}

/** Ends a stack on whichever engine it is, with its data, and removes its state folder; one that never was is success, too. */
export const removeStack = async ({ hurry, patienceMs, ...options }: RemoveStackOptions): Promise<Result<readonly PartName[]>> => {
  const { stateDir } = options;
  try {
    if (!(await isThere(stateDir))) return ok([]);
    let torn: Result<readonly PartName[]>;
    {
      await using stack = await openPatiently({ ...options, purpose: 'remove' }, { hurry, patienceMs });
      torn = await stack.tearDown({ volumes: true, hurry });
    }
    if (torn.ok) await rm(stateDir, { recursive: true, force: true });
    return torn;
  } catch (error) {
    return { ok: false, error: failureFrom(error) };
  }
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const openPatiently = async (
  options: StackOptions,
  { hurry, patienceMs }: Pick<RemoveStackOptions, 'hurry' | 'patienceMs'>,
): Promise<Stack> => {
  for (const until = performance.now() + patienceMs; ;) {
    try {
      return await openStack(options);
    } catch (error) {
      const isBusy = error instanceof AppError && error.code === 'lock-held';
      if (!isBusy || hurry.aborted || performance.now() >= until) throw error;
    }
    await pause(LOOK_MS);
  }
};
