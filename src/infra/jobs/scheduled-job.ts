import { AppError } from '#infra/apperr/app-error.ts';
import { causeChain } from '#infra/apperr/cause-chain.ts';
import { publicCause } from '#infra/apperr/public-cause.ts';
import type { Clock } from './clock.ts';
import type { Job, JobState } from './job.ts';

/** Milliseconds after which a run that has not ended, or whose lock has not been answered for, is shown as a failure. It goes on. */
const OVERDUE_MS = 5 * 60_000;

/** Milliseconds that a run has to end once its job is stopped. */
const STOP_LIMIT_MS = 2_000;

export interface JobLog {
  readonly info: (message: string) => void;
  readonly error: (message: string) => void;
}

export interface ScheduledJob extends AsyncDisposable {
  state(): JobState;
}

/**
 * One job and its timer. The timer is set anew at the end of each run, so that runs never overlap. The log tells the first failure,
 * each failure that has another cause than the one before, and the first success after a failure.
 */
export const scheduleJob = (job: Job, { clock, log }: { readonly clock: Clock; readonly log: JobLog }): ScheduledJob => {
  const stopped = new AbortController();
  let state: JobState = { running: false, last_run: null, duration_ms: null, last_error: null };
  let underWay: Promise<void> | null = null;

  const succeeded = (): void => {
    if (state.last_error !== null) log.info(`job ${job.name} succeeded again`);
    state = { ...state, last_error: null };
  };

  const failed = (thrown: unknown): void => {
    // A run that was told to end may end in any way.
    if (stopped.signal.aborted) return;
    const cause = publicCause(thrown);
    if (cause !== state.last_error) log.error(`job ${job.name} failed: ${causeChain(thrown)}`);
    state = { ...state, last_error: cause };
  };

  /** False when another replica has the lock: that one does the work, and knows how it went. */
  const runLocked = async (): Promise<boolean> => {
    await using lock = await job.tryLock?.();
    if (lock === null || stopped.signal.aborted) return false;
    const began = clock.monotonic();
    state = { ...state, running: true, last_run: new Date(clock.wall()).toISOString() };
    try {
      await job.run(lock === undefined ? stopped.signal : AbortSignal.any([stopped.signal, lock.lost]));
      return true;
    } finally {
      state = { ...state, running: false, duration_ms: Math.round(clock.monotonic() - began) };
    }
  };

  const overdue = (): void => failed(new AppError('job-overdue', 503, `it has not ended within ${OVERDUE_MS / 1000} s`));

  const runOnce = async (): Promise<void> => {
    using _overdue = clock.after(OVERDUE_MS, overdue);
    try {
      if (await runLocked()) succeeded();
      // Another replica does the work now, and what this one failed with is over.
      else state = { ...state, last_error: null };
    } catch (error) {
      failed(error);
    }
    underWay = null;
    if (!stopped.signal.aborted) timer = schedule(isWoken ? 0 : job.periodMs);
    isWoken = false;
  };
  const schedule = (ms: number): Disposable => clock.after(ms, () => void (underWay = runOnce()));
  let timer = schedule(job.periodMs);
  let isWoken = false;
  job.onWake?.(() => {
    if (stopped.signal.aborted) return;
    if (underWay !== null) isWoken = true;
    else {
      timer[Symbol.dispose]();
      timer = schedule(0);
    }
  });

  return {
    state: () => state,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      timer[Symbol.dispose]();
      if (underWay === null) return;
      const { promise: limit, resolve: reachLimit } = Promise.withResolvers<'limit'>();
      using _limit = clock.after(STOP_LIMIT_MS, () => reachLimit('limit'));
      if ((await Promise.race([underWay, limit])) !== 'limit') return;
      log.error(`waited ${STOP_LIMIT_MS} ms for job ${job.name} to end, and stopped without it`);
    },
  };
};
