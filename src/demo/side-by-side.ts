import type { StepInfo } from './events.ts';

/**
 * The number of steps that are under way at once. Most of a step is the hashing of passwords by a server, on one core; and a fourth log-in of the
 * same account at the same time is what Identity takes for guessing, and delays.
 */
export const WIDTH = 3;

/** How far a run has come. */
export interface Progress {
  /** Index of the step whose turn it is: the first that is not over, in the order of the plan. */
  readonly turn: number;
  readonly hasBegun: (step: StepInfo) => boolean;
  readonly hasPassed: (step: StepInfo) => boolean;
  /** The number of steps that are under way. */
  readonly underWay: number;
}

/** Phases whose steps use what bringing up and seeding mend, and nothing of each other: they are one as far as time is concerned. */
const FLOWS: readonly string[] = ['identity', 'kms', 'integration'];

/** Steps that wait for longer than they work, for a token to expire and for a second Identity: they begin before others that could. */
export const PATIENT: readonly string[] = ['integration.refusals', 'integration.federation'];

const patientFirst = (one: StepInfo, other: StepInfo): number => Number(PATIENT.includes(other.id)) - Number(PATIENT.includes(one.id));

const isOfOneTime = (one: StepInfo, other: StepInfo | undefined): boolean =>
  one.phase === other?.phase || (FLOWS.includes(one.phase) && FLOWS.includes(other?.phase ?? ''));

/**
 * The steps that may begin before their turn: those of the phase of the step whose turn it is, or of any flow where it is a flow, while
 * everything that they need has passed. Any other phase begins when the one before is over, because the first ones mend what the later ones
 * use; and the last step of all begins last, because the stack is looked at behind it. Pure.
 */
export const mayBegin = (steps: readonly StepInfo[], { turn, hasBegun, hasPassed, underWay }: Progress): readonly StepInfo[] =>
  steps
    .slice(turn + 1, -1)
    .filter((step) => isOfOneTime(step, steps[turn]) && !hasBegun(step))
    .filter(({ needs }) => needs.every((need) => steps.some((step) => step.id === need && hasPassed(step))))
    .toSorted(patientFirst)
    .slice(0, Math.max(0, WIDTH - underWay));

/**
 * The time that steps take together, side by side as a run has them. Pure.
 *
 * @param weigh milliseconds of a step, whatever runs beside it
 */
export const timeOf = (steps: readonly StepInfo[], weigh: (id: string) => number): number => {
  /** Ends by step, of those that have begun. */
  const ends = new Map<StepInfo, number>();
  const passed = new Set<StepInfo>();
  let now = 0;
  const begin = (step: StepInfo): void => void ends.set(step, now + weigh(step.id));
  for (const [turn, step] of steps.entries()) {
    if (!ends.has(step)) begin(step);
    for (;;) {
      const underWay = [...ends].filter(([each]) => !passed.has(each));
      const more = mayBegin(steps, {
        turn,
        hasBegun: (each) => ends.has(each),
        hasPassed: (each) => passed.has(each),
        underWay: underWay.length,
      });
      more.forEach(begin);
      if (passed.has(step)) break;
      const [first, end] = [...underWay, ...more.map((each) => [each, ends.get(each) ?? now] as const)].reduce((one, other) =>
        other[1] < one[1] ? other : one,
      );
      now = end;
      passed.add(first);
    }
  }
  return now;
};
