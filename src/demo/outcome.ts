import type { ServiceName } from '#engine/engine.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import type { Failure } from '#infra/apperr/result.ts';
import type { ClockSkew } from '#infra/jobs/clock-skew.ts';
import type { Check, DemoEvent, RootCause, StepInfo, StepStatus } from './events.ts';

/** A check, and when it was made, epoch milliseconds. */
export interface MadeCheck extends Check {
  readonly at: number;
}

/** The fate of one step; its checks are those of the last attempt. */
interface StepOutcome {
  readonly step: StepInfo;
  /** A step that has not finished counts as skipped. */
  readonly status: StepStatus;
  /** Epoch milliseconds; null when it never started. */
  readonly startedAt: number | null;
  readonly durationMs: number;
  readonly detail: string;
  readonly checks: readonly MadeCheck[];
  readonly error: Failure | null;
}

/** The facts of an event, without its time. */
type FactsOf<T extends DemoEvent['type']> = Omit<Extract<DemoEvent, { type: T }>, 'type' | 'at'>;

/**
 * A run so far: its events folded, one at a time. A reporter prints the event that has just happened, or reads here; nobody looks
 * through events a second time.
 */
export interface RunState {
  readonly command: string;
  readonly profile: string;
  readonly engine: string;
  readonly engineReason: string;
  readonly durationMs: number;
  readonly steps: readonly StepOutcome[];
  /** The services that the run waited for, in that order; a service that was ready when its turn came is not among them. */
  readonly criticalPath: readonly ServiceName[];
  /** Why the stack is not usable; null where it is, or where no part of it explains a failure. */
  readonly rootCause: RootCause | null;
  /** Every warning, first of all that another engine than the wanted one runs the stack. */
  readonly warnings: readonly FactsOf<'warning'>[];
  /** Every request that a step sent and that was answered, in the order of the answers. */
  readonly requests: readonly FactsOf<'request'>[];
  /** The clock of the server that answered last, against ours; null before the first answer that tells a time. */
  readonly clock: ClockSkew | null;
  readonly isInterrupted: boolean;
}

/** A run that has ended, and the verdict on it. */
export interface Outcome extends RunState {
  readonly outcome: 'passed' | 'partial' | 'failed';
  /** 0 all passed, 1 some failed, 2 nothing usable, 130 interrupted. */
  readonly exitCode: 0 | 1 | 2 | 130;
}

export const NOT_STARTED: RunState = {
  command: '',
  profile: '',
  engine: '',
  engineReason: '',
  durationMs: 0,
  steps: [],
  criticalPath: [],
  rootCause: null,
  warnings: [],
  requests: [],
  clock: null,
  isInterrupted: false,
};

/** The state after one more event: pure. */
export const advance = (state: RunState, { at, ...event }: DemoEvent): RunState => {
  switch (event.type) {
    case 'run-started': {
      const { command, profile, engine, engineReason, engineIsFallback, steps } = event;
      const warnings = engineIsFallback ? [{ stepId: null, text: `engine ${engine}: ${engineReason}` }] : [];
      return { ...NOT_STARTED, command, profile, engine, engineReason, steps: steps.map(notRun), warnings };
    }
    case 'step-started':
      return withStep(state, event.step.id, ({ startedAt }) => ({ startedAt: startedAt ?? at, checks: [] }));
    case 'check':
      return withStep(state, event.stepId, ({ checks }) => ({ checks: [...checks, { ...event.check, at }] }));
    case 'step-finished': {
      const { stepId, status, durationMs, detail, error } = event;
      return withStep(state, stepId, () => ({ status, durationMs, detail, error }));
    }
    case 'service': {
      const isNew = event.state === 'healthy' && event.waitedMs > 0 && !state.criticalPath.includes(event.service);
      return isNew ? { ...state, criticalPath: [...state.criticalPath, event.service] } : state;
    }
    case 'root-cause': {
      const { type: _, ...rootCause } = event;
      return { ...state, rootCause: state.rootCause ?? rootCause };
    }
    case 'warning': {
      const { type: _, ...warning } = event;
      return { ...state, warnings: [...state.warnings, warning] };
    }
    case 'request': {
      const { type: _, ...request } = event;
      const { url, skewMs } = request;
      const clock = skewMs === null ? state.clock : { host: new URL(url).host, skewMs };
      return { ...state, requests: [...state.requests, request], clock };
    }
    case 'interrupted':
      return { ...state, isInterrupted: true };
    case 'run-finished':
      return { ...state, durationMs: event.durationMs };
    case 'step-progress':
      return state;
    default:
      return unreachable(event);
  }
};

const notRun = (step: StepInfo): StepOutcome => ({
  step,
  status: 'skipped',
  startedAt: null,
  durationMs: 0,
  detail: '',
  checks: [],
  error: null,
});

const withStep = (state: RunState, id: string, change: (step: StepOutcome) => Partial<StepOutcome>): RunState => ({
  ...state,
  steps: state.steps.map((each) => (each.step.id === id ? { ...each, ...change(each) } : each)),
});

/** The outcome of a run that ended in this state: pure. */
export const outcomeOf = (state: RunState): Outcome => {
  if (state.command === '') throw new TypeError('outcomeOf needs the state of a run that started');
  const outcome = verdict(state);
  return { ...state, outcome, exitCode: state.isInterrupted ? 130 : ({ passed: 0, partial: 1, failed: 2 } as const)[outcome] };
};

/** The outcome of a run that was interrupted when its steps had ended already. */
export const interruptedAfter = (outcome: Outcome): Outcome => outcomeOf({ ...outcome, isInterrupted: true });

/** The outcome of a run whose stack could not be taken down as was asked for: one more step, which failed. */
export const tornDownInVain = (outcome: Outcome, error: Failure): Outcome =>
  outcomeOf({ ...outcome, steps: [...outcome.steps, { ...notRun(TEAR_DOWN), status: 'failed', error }] });

const TEAR_DOWN: StepInfo = { id: 'tear-down.stack', phase: 'tear-down', title: 'Tear down', needs: [] };

/** `passed`: every step did, and nothing else went wrong. `failed`: nothing is usable, as not one step beyond the bring-up passed. */
const verdict = ({ steps, rootCause, isInterrupted }: RunState): Outcome['outcome'] => {
  const isSound = steps.length > 0 && rootCause === null && !isInterrupted;
  if (isSound && steps.every(({ status }) => status === 'passed')) return 'passed';
  return steps.some(({ step, status }) => status === 'passed' && step.phase !== 'bring-up') ? 'partial' : 'failed';
};
