import { describe, expect, it } from 'vitest';
import { drillOutcome, notPossible } from '#demo/drills/outcome.ts';
import { NOT_STARTED, outcomeOf } from '#demo/outcome.ts';
import type { StepStatus } from '#demo/events.ts';

const step = (id: string, status: StepStatus, detail = '') => ({
  step: { id, phase: id.split('.')[0] ?? '', title: id, needs: [] },
  status,
  startedAt: null,
  durationMs: 0,
  detail,
  checks: [],
  error: null,
});

const of = (steps: readonly ReturnType<typeof step>[], isInterrupted = false) => {
  const { outcome, exitCode } = drillOutcome(outcomeOf({ ...NOT_STARTED, command: 'drill', steps, isInterrupted }));
  return [outcome, exitCode];
};

const STACK = step('before.stack', 'passed');
const HELD = step('drill.kill-kms', 'passed');
const BROKE = step('drill.kill-identity', 'failed');
const LACKING = step('drill.disk-full', 'skipped', notPossible('only root may mount'));

describe('The outcome of drills', () => {
  it('is passed where all that could be drilled held', () => {
    expect(of([STACK, HELD])).toEqual(['passed', 0]);
    expect(of([STACK, HELD, LACKING])).toEqual(['passed', 0]);
  });

  it('is none that passed where one did not hold, or was skipped for another reason than the machine', () => {
    expect(of([STACK, HELD, BROKE])).toEqual(['partial', 1]);
    expect(of([STACK, HELD, step('drill.kill-kms', 'skipped', 'kms is down')])).toEqual(['partial', 1]);
    expect(of([STACK, BROKE])).toEqual(['failed', 2]);
  });

  it('is failed where nothing was proven', () => {
    expect(of([STACK, LACKING])).toEqual(['failed', 2]);
    expect(of([step('before.stack', 'failed'), step('drill.kill-kms', 'skipped', 'needs before.stack')])).toEqual(['failed', 2]);
  });

  it('is told as interrupted where it was', () => {
    expect(of([STACK, HELD], true)).toEqual(['partial', 130]);
  });
});
