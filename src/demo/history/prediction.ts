import type { StepInfo } from '../events.ts';
import { timeOf } from '../side-by-side.ts';
import type { RunKind, RunRecord } from './run-record.ts';

/** The time that a run will take, by earlier runs that found the stack in the same state on the same engine. */
export interface Prediction {
  readonly kind: RunKind;
  /** Of the run, whose steps are side by side, milliseconds; null where one of them has no earlier run. */
  readonly durationMs: number | null;
  /** The number of earlier runs behind each step, at least. */
  readonly runs: number;
  /** In the order of the plan. */
  readonly steps: readonly StepPrediction[];
}

export interface StepPrediction {
  readonly id: string;
  /** Median, milliseconds; null where no earlier run of this kind passed the step. */
  readonly durationMs: number | null;
  readonly runs: number;
}

/** The newest tell most: machines and code change. */
const LOOKED_AT = 15;

/**
 * The time that each step takes: the median of the last runs of the same kind in which it passed, whichever command they were of, because a
 * step does the same in all of them. Pure.
 *
 * @param history oldest first
 */
export const predict = (steps: readonly StepInfo[], kind: RunKind, history: readonly RunRecord[]): Prediction => {
  const alike = history.filter(({ engine, start, images }) => engine === kind.engine && start === kind.start && images === kind.images);
  const predicted = steps.map(({ id }) => {
    const passed = alike.flatMap((run) => run.steps).filter((step) => step.id === id && step.status === 'passed');
    const durations = passed.slice(-LOOKED_AT).map(({ durationMs }) => durationMs);
    return { id, durationMs: medianOf(durations), runs: durations.length };
  });
  const isWhole = predicted.length > 0 && predicted.every(({ durationMs }) => durationMs !== null);
  return {
    kind,
    durationMs: isWhole ? timeOf(steps, (id) => predicted.find((step) => step.id === id)?.durationMs ?? 0) : null,
    runs: isWhole ? Math.min(...predicted.map(({ runs }) => runs)) : 0,
    steps: predicted,
  };
};

const medianOf = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
};
