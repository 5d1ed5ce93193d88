import type { ServiceName } from '#engine/engine.ts';
import type { Failure } from '#infra/apperr/result.ts';
import type { Check, DemoEvent, StepInfo, StepStatus } from './events.ts';

/** What became of one step; its checks are those of the last attempt. */
interface StepOutcome {
  readonly step: StepInfo;
  readonly status: StepStatus;
  /** Epoch milliseconds; null when it never started. */
  readonly startedAt: number | null;
  readonly durationMs: number;
  readonly detail: string;
  readonly checks: readonly Check[];
  readonly error: Failure | null;
}

export interface Outcome {
  readonly command: string;
  readonly profile: string;
  readonly engine: string;
  readonly outcome: 'passed' | 'partial' | 'failed';
  /** 0 all passed, 1 some failed, 2 nothing usable, 130 interrupted. */
  readonly exitCode: 0 | 1 | 2 | 130;
  readonly durationMs: number;
  readonly steps: readonly StepOutcome[];
  /** The services that the run waited for, in that order; one that was ready when its turn came is not among them. */
  readonly criticalPath: readonly ServiceName[];
}

/** The events of one run folded into what came of it: pure. A step that never finished counts as skipped. */
export const outcomeOf = (events: readonly DemoEvent[]): Outcome => {
  const started = events.find((event) => event.type === 'run-started');
  if (started === undefined) throw new TypeError('outcomeOf needs the events of a run that started');
  const steps = started.steps.map((step) => stepOutcome(step, events));
  const finished = events.find((event) => event.type === 'run-finished');
  const interrupted = events.some((event) => event.type === 'interrupted');
  const outcome = verdict(
    steps,
    events.some(({ type }) => type === 'root-cause'),
  );
  return {
    command: started.command,
    profile: started.profile,
    engine: started.engine,
    outcome,
    exitCode: interrupted ? 130 : ({ passed: 0, partial: 1, failed: 2 } as const)[outcome],
    durationMs: finished?.durationMs ?? 0,
    steps,
    criticalPath: criticalPathOf(events),
  };
};

const criticalPathOf = (events: readonly DemoEvent[]): readonly ServiceName[] => [
  ...new Set(
    events.flatMap((event) => (event.type === 'service' && event.state === 'healthy' && event.waitedMs > 0 ? [event.service] : [])),
  ),
];

/** `failed` means that nothing is usable: not one step beyond the bring-up passed. */
const verdict = (steps: readonly StepOutcome[], somethingDied: boolean): Outcome['outcome'] => {
  if (steps.length > 0 && !somethingDied && steps.every(({ status }) => status === 'passed')) return 'passed';
  return steps.some(({ step, status }) => status === 'passed' && step.phase !== 'bring-up') ? 'partial' : 'failed';
};

const stepOutcome = (step: StepInfo, events: readonly DemoEvent[]): StepOutcome => {
  const starts = events.flatMap((event, at) => (event.type === 'step-started' && event.step.id === step.id ? [{ event, at }] : []));
  const finish = events.findLast((event) => event.type === 'step-finished' && event.stepId === step.id);
  const lastAttempt = starts.at(-1);
  const checks = events
    .slice(lastAttempt?.at ?? events.length)
    .flatMap((event) => (event.type === 'check' && event.stepId === step.id ? [event.check] : []));
  const startedAt = starts[0]?.event.at ?? null;
  if (finish?.type !== 'step-finished') {
    return { step, status: 'skipped', startedAt, durationMs: 0, detail: '', checks, error: null };
  }
  return { step, status: finish.status, startedAt, durationMs: finish.durationMs, detail: finish.detail, checks, error: finish.error };
};
