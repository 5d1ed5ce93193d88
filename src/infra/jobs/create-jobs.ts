import { type Clock, systemClock } from './clock.ts';
import type { Job, Jobs } from './job.ts';
import { type JobLog, type ScheduledJob, scheduleJob } from './scheduled-job.ts';

/** Makes the runner of a process's jobs, with none of them yet. */
export const createJobs = ({ log, clock = systemClock }: { readonly log: JobLog; readonly clock?: Clock }): Jobs => {
  const scheduled = new Map<string, ScheduledJob>();
  let isDisposed = false;

  const start = (job: Job): AsyncDisposable => {
    if (isDisposed) throw new TypeError(`job ${job.name} starts after the end of all jobs`);
    if (scheduled.has(job.name)) throw new TypeError(`there is a job ${job.name} already`);
    const one = scheduleJob(job, { clock, log });
    scheduled.set(job.name, one);
    return {
      [Symbol.asyncDispose]: async () => {
        if (scheduled.get(job.name) === one) scheduled.delete(job.name);
        await one[Symbol.asyncDispose]();
      },
    };
  };

  return {
    start,
    states: () => Object.fromEntries([...scheduled].map(([name, one]) => [name, one.state()])),
    [Symbol.asyncDispose]: async () => {
      isDisposed = true;
      await Promise.all([...scheduled.values()].map((one) => one[Symbol.asyncDispose]()));
    },
  };
};
