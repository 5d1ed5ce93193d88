import { expect, test } from 'vitest';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import { sweepExpired } from '#identity/provider/store/sweep-expired.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const MINUTE = 60_000;

/** The sweep under the runner of jobs, on a store whose rounds end when the test says so. */
const startSweep = () => {
  const clock = createManualClock('2026-01-01T00:00:00Z');
  const rounds: PromiseWithResolvers<number>[] = [];
  const jobs = createJobs({ clock, log: { info: () => {}, error: () => {} } });
  jobs.start(
    sweepExpired({
      sweep: () => {
        const round = Promise.withResolvers<number>();
        rounds.push(round);
        return round.promise;
      },
    }),
  );
  const lastError = () => jobs.states()['sweep-expired-tokens']?.last_error;
  return { clock, rounds, jobs, lastError };
};

test('rounds follow each other until one finds less than it may remove, and the next sweep comes a minute later', async () => {
  const { clock, rounds, jobs } = startSweep();
  await clock.advance(MINUTE);
  await clock.advance(3 * MINUTE);
  expect(rounds).toHaveLength(1);

  rounds[0]?.resolve(500);
  await expect.poll(() => rounds.length).toBe(2);
  rounds[1]?.resolve(499);
  await clock.advance(MINUTE - 1);
  expect(rounds).toHaveLength(2);

  await clock.advance(1);
  expect(rounds).toHaveLength(3);
  rounds[2]?.resolve(0);
  await jobs[Symbol.asyncDispose]();
});

test('the end waits for the round under way and begins no other, although there is more', async () => {
  const { clock, rounds, jobs } = startSweep();
  await clock.advance(MINUTE);
  let ended = false;
  const end = Promise.resolve(jobs[Symbol.asyncDispose]()).then(() => (ended = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);

  rounds[0]?.resolve(500);
  await end;
  await clock.advance(2 * MINUTE);

  expect(rounds).toHaveLength(1);
});

test('a round that fails shows in the state of the job, and the next minute tries again', async () => {
  const { clock, rounds, jobs, lastError } = startSweep();
  await clock.advance(MINUTE);

  rounds[0]?.reject(new Error('disk full'));
  await clock.advance(0);
  expect(lastError()).toEqual(expect.any(String));

  await clock.advance(MINUTE);
  rounds[1]?.resolve(0);
  await clock.advance(0);
  expect([rounds.length, lastError()]).toEqual([2, null]);
  await jobs[Symbol.asyncDispose]();
});
