import type { Outcome } from '#demo/outcome.ts';

/**
 * The outcome of a run of drills: one that is not possible on this machine takes nothing from the others, and is no success either.
 * Where none was possible nothing was proven.
 */
export const drillOutcome = (ran: Outcome): Outcome => {
  const { steps, rootCause, isInterrupted } = ran;
  const done = steps.filter(({ status, detail }) => !(status === 'skipped' && isNotPossible(detail)));
  const held = done.some(({ step, status }) => step.phase === 'drill' && status === 'passed');
  const isSound = rootCause === null && !isInterrupted && done.every(({ status }) => status === 'passed');
  const outcome = !held ? 'failed' : isSound ? 'passed' : 'partial';
  return { ...ran, outcome, exitCode: isInterrupted ? 130 : ({ passed: 0, partial: 1, failed: 2 } as const)[outcome] };
};

const NOT_POSSIBLE = 'not possible here: ';

/** The detail of a drill that is skipped because of the machine or the engine. */
export const notPossible = (why: string): string => `${NOT_POSSIBLE}${why}`;

const isNotPossible = (detail: string): boolean => detail.startsWith(NOT_POSSIBLE);
