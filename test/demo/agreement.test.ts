import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, interruptedAfter, NOT_STARTED, type Outcome, outcomeOf, tornDownInVain } from '#demo/outcome.ts';
import { run } from '#demo/run.ts';
import type { Step, StepWork } from '#demo/step/step.ts';
import { type ServiceName, SERVICES } from '#engine/engine.ts';
import { failure } from '#infra/apperr/result.ts';
import { eventLog, fakeEngine, statusOf, unique } from '#test/support/demo-engine.ts';

/** One way in which a run may go: the work of each step, and the trouble that begins in the step with this number. */
interface Course {
  readonly works: readonly ('passes' | 'fails' | 'throws')[];
  readonly trouble: { readonly kind: ServiceName | 'engine' | 'interruption' | 'none'; readonly inStep: number };
  readonly failFast: boolean;
  readonly later: 'nothing' | 'interruption' | 'teardown fails';
}

const courses: fc.Arbitrary<Course> = fc.record({
  works: fc.array(fc.constantFrom('passes', 'passes', 'passes', 'fails', 'throws'), { minLength: 1, maxLength: 4 }),
  trouble: fc.record({ kind: fc.constantFrom(...SERVICES, 'engine', 'interruption', 'none'), inStep: fc.nat({ max: 3 }) }),
  failFast: fc.boolean(),
  later: fc.constantFrom('nothing', 'interruption', 'teardown fails'),
});

/** The outcome of a run that takes this course, out of its events alone. */
const outcomeAlong = async ({ works, trouble, failFast, later }: Course): Promise<Outcome> => {
  const interrupt = new AbortController();
  let begun = -1;
  const hasBegun = (): boolean => begun >= trouble.inStep;
  const engine = fakeEngine({
    status: async () => {
      if (trouble.kind === 'engine' && hasBegun()) throw new Error(unique('no engine answers'));
      const isDead = (service: ServiceName): boolean => trouble.kind === service && hasBegun();
      return SERVICES.map((service) => statusOf(service, isDead(service) ? { state: 'exited', pid: null } : { state: 'absent' }));
    },
  });
  const steps = works.map((work, index): Step => {
    const id = `${index === 0 ? 'bring-up' : 'kms'}.step-${index}`;
    const does: StepWork = async ({ check }) => {
      begun = index;
      if (trouble.kind === 'interruption' && hasBegun()) interrupt.abort();
      await check('asserted', 'asserted', true, work !== 'fails');
      if (work === 'throws') throw new Error(unique('broken'));
      return 'done';
    };
    return { id, phase: id.split('.')[0] ?? '', title: id, needs: [], targets: [], run: does };
  });
  const log = eventLog();
  let clock = 0;
  await run(
    { command: unique('demo'), target: 'all', profile: 'demo', services: SERVICES, steps },
    {
      engine,
      emit: log.emit,
      signal: interrupt.signal,
      steps,
      failFast,
      now: () => clock,
      sleep: async (milliseconds) => void (clock += milliseconds),
    },
  );
  const outcome = outcomeOf(log.events.reduce(advance, NOT_STARTED));
  if (later === 'interruption') return interruptedAfter(outcome);
  return later === 'teardown fails' ? tornDownInVain(outcome, failure('not-stopped', unique('kms does not end'))) : outcome;
};

describe('Outcome, exit code, steps and root cause of a run', () => {
  it('agree, whatever fails, dies or is interrupted, and whenever', async () => {
    await fc.assert(
      fc.asyncProperty(courses, async (course) => {
        const { outcome, exitCode, steps, rootCause, isInterrupted } = await outcomeAlong(course);
        const red = steps.filter(({ status }) => status === 'failed');
        const isGreen = steps.every(({ status }) => status === 'passed') && rootCause === null && !isInterrupted;
        expect([outcome === 'passed', exitCode === 0]).toEqual([isGreen, isGreen]);
        expect(exitCode === 130).toBe(isInterrupted);
        // A run that failed by itself has a first red step, and that one says why.
        expect(red.length > 0 || isGreen || isInterrupted).toBe(true);
        expect(red.filter(({ error }) => error === null)).toEqual([]);
        expect(steps.filter(({ status, error }) => status !== 'failed' && error !== null)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it.each(SERVICES)('name %s where it dies in the last step, which is the first red one', async (service) => {
    const outcome = await outcomeAlong({
      works: ['passes', 'passes'],
      trouble: { kind: service, inStep: 1 },
      failFast: false,
      later: 'nothing',
    });
    expect(outcome.steps.map(({ status }) => status)).toEqual(['passed', 'failed']);
    expect(outcome.steps[1]?.error).toMatchObject({ code: 'stack-not-usable', message: expect.stringContaining(`${service} exited`) });
    expect(outcome.rootCause?.chain[0]).toBe(service);
  });

  it('name the engine, alone, where it goes away in the last step', async () => {
    const outcome = await outcomeAlong({
      works: ['passes', 'passes'],
      trouble: { kind: 'engine', inStep: 1 },
      failFast: false,
      later: 'nothing',
    });
    expect(outcome.steps.map(({ status }) => status)).toEqual(['passed', 'failed']);
    expect(outcome.rootCause).toMatchObject({ chain: ['engine'], line: expect.stringContaining('no engine answers') });
  });
});
