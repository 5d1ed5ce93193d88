import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, isStandingStill } from '#engine/state/process-identity.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** How often to look whether it is gone, in milliseconds. */
const LOOK_MS = 15;
/** After SIGKILL only the kernel has something left to do; milliseconds. */
const KILL_MS = 5_000;

export interface RunningProcess {
  readonly pid: number;
  readonly identity: string;
}

/**
 * Ends a process: SIGTERM, then after the grace period, or at once when the signal aborts, SIGKILL.
 * Never touches a process that only happens to have its number.
 *
 * @returns what it took
 * @throws AppError `process-not-ours` when we may not, `process-survives` when even that does not help
 */
export const stopProcess = async (
  target: RunningProcess,
  options: { graceMs: number; signal?: AbortSignal },
): Promise<'was-gone' | 'terminated' | 'killed'> => {
  if (!(await isAlive(target))) return 'was-gone';
  send(target.pid, 'SIGTERM');
  if (await isGoneWithin(target, options.graceMs, options.signal)) return 'terminated';
  await killProcess(target);
  return 'killed';
};

/**
 * Ends a process by SIGKILL, and answers when it is gone.
 *
 * @throws AppError `process-not-ours`, `process-survives`
 */
export const killProcess = async (target: RunningProcess): Promise<void> => {
  if (!(await isAlive(target))) return;
  send(target.pid, 'SIGKILL');
  if (await isGoneWithin(target, KILL_MS)) return;
  throw new AppError('process-survives', 500, `process ${target.pid} is still there ${KILL_MS} ms after SIGKILL`, {
    fix: 'It hangs in the kernel, mostly on a disk or network drive that does not answer; mend that first.',
  });
};

/** Has a process stand still where it is, and answers when it does. @throws AppError `process-not-ours` */
export const freezeProcess = async (target: RunningProcess): Promise<void> => {
  if (!(await isAlive(target))) return;
  send(target.pid, 'SIGSTOP');
  while ((await isAlive(target)) && !(await isStandingStill(target.pid))) await pause(LOOK_MS);
};

/** Lets it go on. @throws AppError `process-not-ours` */
export const thawProcess = async (target: RunningProcess): Promise<void> => {
  if (!(await isAlive(target))) return;
  send(target.pid, 'SIGCONT');
  while ((await isAlive(target)) && (await isStandingStill(target.pid))) await pause(LOOK_MS);
};

const isGoneWithin = async (target: RunningProcess, milliseconds: number, signal?: AbortSignal): Promise<boolean> => {
  const deadline = performance.now() + milliseconds;
  while (await isAlive(target)) {
    if (performance.now() >= deadline || signal?.aborted === true) return false;
    await pause(LOOK_MS);
  }
  return true;
};

const send = (pid: number, name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void => {
  try {
    process.kill(pid, name);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    // It ended between our look and the signal.
    if (code === 'ESRCH') return;
    throw new AppError('process-not-ours', 500, `process ${pid} cannot be stopped by this user`, {
      cause,
      fix: `Stop it as the user who started it: \`kill ${pid}\`.`,
    });
  }
};
