import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { createLocalLocks } from '#infra/database/sqlite/local-locks.ts';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import type { Job } from '#infra/jobs/job.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const setUp = () => {
  const clock = createManualClock('2026-01-01T00:00:00.000Z');
  const lines: string[] = [];
  const log = { info: (line: string) => void lines.push(`info ${line}`), error: (line: string) => void lines.push(`error ${line}`) };
  const jobs = createJobs({ log, clock });
  /** Ends also runs that never end. */
  const end = async (): Promise<void> => {
    const ended = jobs[Symbol.asyncDispose]();
    await clock.advance(2_000);
    await ended;
  };
  return { clock, lines, jobs, [Symbol.asyncDispose]: end };
};

/** A job whose runs end when the test says so. */
const heldJob = (job: Partial<Job> = {}) => {
  const runs: PromiseWithResolvers<void>[] = [];
  const signals: AbortSignal[] = [];
  const run = (signal: AbortSignal): Promise<void> => {
    const held = Promise.withResolvers<void>();
    runs.push(held);
    signals.push(signal);
    return held.promise;
  };
  return { runs, signals, job: { name: 'sweep', periodMs: 1_000, run, ...job } };
};

describe('A background job', () => {
  it('runs after each period, and shows when and how long', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    const { job, runs } = heldJob();
    jobs.start(job);
    expect(jobs.states()).toEqual({ sweep: { running: false, last_run: null, duration_ms: null, last_error: null } });
    await clock.advance(1_000);
    expect(jobs.states()['sweep']).toEqual({ running: true, last_run: '2026-01-01T00:00:01.000Z', duration_ms: null, last_error: null });
    await clock.advance(250);
    runs[0]?.resolve();
    await clock.advance(0);
    expect(jobs.states()['sweep']).toEqual({ running: false, last_run: '2026-01-01T00:00:01.000Z', duration_ms: 250, last_error: null });
    await clock.advance(1_000);
    expect(jobs.states()['sweep']).toMatchObject({ running: true, last_run: '2026-01-01T00:00:02.250Z', duration_ms: 250 });
  });

  it('runs before its time when it is woken, and once more after a run in which it was', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    const woken = Promise.withResolvers<() => void>();
    const { job, runs } = heldJob({ onWake: woken.resolve });
    jobs.start(job);
    const wake = await woken.promise;
    wake();
    wake();
    await clock.advance(0);
    expect(runs).toHaveLength(1);
    wake();
    wake();
    await clock.advance(0);
    expect(runs).toHaveLength(1);
    runs[0]?.resolve();
    await clock.advance(0);
    expect(runs).toHaveLength(2);
    runs[1]?.resolve();
    await clock.advance(999);
    expect(runs).toHaveLength(2);
    await clock.advance(1);
    expect(runs).toHaveLength(3);
    runs[2]?.resolve();
    await clock.advance(0);
    await jobs[Symbol.asyncDispose]();
    wake();
    await clock.advance(5_000);
    expect(runs).toHaveLength(3);
  });

  it('never runs twice at once, however long a run takes', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    const { job, runs } = heldJob();
    jobs.start(job);
    await clock.advance(10_000);
    expect(runs).toHaveLength(1);
    runs[0]?.resolve();
    await clock.advance(999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toHaveLength(2);
  });

  it('goes on after a failure, shows its public cause, and logs each change once', async () => {
    await using world = setUp();
    const { clock, jobs, lines } = world;
    const busy = Object.assign(new Error('/data/kms.db is locked'), { code: 'SQLITE_BUSY' });
    let next: Error | null = null;
    jobs.start({ name: 'sweep', periodMs: 1_000, run: () => (next === null ? Promise.resolve() : Promise.reject(next)) });
    const after = async (error: Error | null) => {
      next = error;
      await clock.advance(3_000);
      return jobs.states()['sweep']?.last_error;
    };
    expect(await after(null)).toBeNull();
    expect(await after(new AppError('database-busy', 503, 'the database is busy', { cause: busy }))).toBe(
      'the database is busy: SQLITE_BUSY',
    );
    expect(await after(new AppError('database-full', 503, 'the disk is full'))).toBe('the disk is full');
    expect(await after(null)).toBeNull();
    expect(lines).toEqual([
      'error job sweep failed: database-busy: the database is busy; caused by SQLITE_BUSY: /data/kms.db is locked',
      'error job sweep failed: database-full: the disk is full',
      'info job sweep succeeded again',
    ]);
    expect(JSON.stringify(jobs.states())).not.toContain('/data');
  });

  it('that throws before its first promise fails like any other', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    jobs.start({
      name: 'sweep',
      periodMs: 1_000,
      run: () => {
        throw new Error('no table');
      },
    });
    await clock.advance(2_000);
    expect(jobs.states()['sweep']).toMatchObject({ running: false, last_error: 'no table' });
  });

  it('shows a run that does not end, once, and its end when it comes', async () => {
    await using world = setUp();
    const { clock, jobs, lines } = world;
    const { job, runs } = heldJob();
    jobs.start(job);
    await clock.advance(1_000 + 5 * 60_000 - 1);
    expect(jobs.states()['sweep']).toMatchObject({ running: true, last_error: null });
    await clock.advance(60 * 60_000);
    expect(jobs.states()['sweep']).toMatchObject({ running: true, last_error: 'it has not ended within 300 s' });
    runs[0]?.resolve();
    await clock.advance(0);
    expect(jobs.states()['sweep']).toMatchObject({ running: false, last_error: null });
    expect(lines).toEqual(['error job sweep failed: job-overdue: it has not ended within 300 s', 'info job sweep succeeded again']);
  });

  it('has a name of its own', async () => {
    await using world = setUp();
    const { jobs } = world;
    jobs.start(heldJob().job);
    expect(() => jobs.start(heldJob().job)).toThrow(new TypeError('there is a job sweep already'));
  });
});

describe('A background job that replicas share', () => {
  it('runs in one of them at a time', async () => {
    await using one = setUp();
    await using two = setUp();
    const locks = createLocalLocks();
    const tryLock = () => locks.tryLock('sweep');
    const [first, second] = [heldJob({ tryLock }), heldJob({ tryLock })];
    one.jobs.start(first.job);
    two.jobs.start(second.job);
    await one.clock.advance(1_000);
    await two.clock.advance(1_000);
    expect([first.runs.length, second.runs.length]).toEqual([1, 0]);
    expect(two.jobs.states()['sweep']).toMatchObject({ running: false, last_run: null, last_error: null });
    first.runs[0]?.resolve();
    await one.clock.advance(0);
    await two.clock.advance(1_000);
    expect([first.runs.length, second.runs.length]).toEqual([1, 1]);
  });

  it('is told when its lock is lost', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    const lost = new AbortController();
    const { job, signals, runs } = heldJob({ tryLock: async () => ({ lost: lost.signal, [Symbol.asyncDispose]: async () => {} }) });
    jobs.start(job);
    await clock.advance(1_000);
    expect(signals[0]?.aborted).toBe(false);
    lost.abort(new AppError('database-lock-lost', 503, 'the lock ended'));
    expect(signals[0]?.aborted).toBe(true);
    runs[0]?.reject(signals[0]?.reason);
    await clock.advance(0);
    expect(jobs.states()['sweep']?.last_error).toBe('the lock ended');
  });

  it('shows a lock that is never answered for', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    const { job } = heldJob({ tryLock: () => new Promise(() => {}) });
    jobs.start(job);
    await clock.advance(1_000 + 5 * 60_000);
    expect(jobs.states()['sweep']).toMatchObject({ running: false, last_run: null, last_error: 'it has not ended within 300 s' });
  });

  it('shows no old failure once another replica has the work', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    const { job, runs } = heldJob();
    let isTaken = false;
    jobs.start({
      ...job,
      tryLock: async () => (isTaken ? null : { lost: new AbortController().signal, [Symbol.asyncDispose]: async () => {} }),
    });
    await clock.advance(1_000);
    runs[0]?.reject(new AppError('database-busy', 503, 'the database is busy'));
    await clock.advance(0);
    expect(jobs.states()['sweep']?.last_error).toBe('the database is busy');
    isTaken = true;
    await clock.advance(1_000);
    expect(jobs.states()['sweep']?.last_error).toBeNull();
  });

  it('fails when its lock cannot be asked for, without having run', async () => {
    await using world = setUp();
    const { clock, jobs, lines } = world;
    const { job, runs } = heldJob({ tryLock: () => Promise.reject(new AppError('database-unavailable', 503, 'the database is gone')) });
    jobs.start(job);
    await clock.advance(5_000);
    expect(runs).toEqual([]);
    expect(jobs.states()['sweep']).toMatchObject({ last_run: null, last_error: 'the database is gone' });
    expect(lines).toEqual(['error job sweep failed: database-unavailable: the database is gone']);
  });
});

describe('The end of a background job', () => {
  it('aborts its run and waits for it, and nothing of that is a failure', async () => {
    const { clock, jobs, lines } = setUp();
    const { job, runs, signals } = heldJob();
    jobs.start(job);
    await clock.advance(1_000);
    let ended = false;
    const end = jobs[Symbol.asyncDispose]().then(() => void (ended = true));
    await clock.advance(0);
    expect([signals[0]?.aborted, ended]).toEqual([true, false]);
    runs[0]?.reject(signals[0]?.reason);
    await end;
    await clock.advance(10_000);
    expect(runs).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it('waits two seconds at most, and says what it waited for', async () => {
    const { clock, jobs, lines } = setUp();
    jobs.start(heldJob().job);
    await clock.advance(1_000);
    const end = jobs[Symbol.asyncDispose]();
    await clock.advance(2_000);
    await end;
    expect(lines).toEqual(['error waited 2000 ms for job sweep to end, and stopped without it']);
  });

  it('may come alone, and leaves the other jobs and its name free', async () => {
    await using world = setUp();
    const { clock, jobs } = world;
    const [sweep, other, again] = [heldJob(), heldJob({ name: 'other' }), heldJob()];
    const started = jobs.start(sweep.job);
    jobs.start(other.job);
    await started[Symbol.asyncDispose]();
    expect(Object.keys(jobs.states())).toEqual(['other']);
    jobs.start(again.job);
    await clock.advance(1_000);
    expect([sweep.runs.length, other.runs.length, again.runs.length]).toEqual([0, 1, 1]);
    for (const { runs } of [other, again]) runs[0]?.resolve();
  });

  it('lets no job start after it', async () => {
    const { jobs } = setUp();
    await jobs[Symbol.asyncDispose]();
    expect(() => jobs.start(heldJob().job)).toThrow(TypeError);
  });
});
