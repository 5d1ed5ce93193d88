import { createConnections } from '#client/session/connections.ts';
import type { Engine, ServiceName } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { type Failure, failure } from '#infra/apperr/result.ts';
import { steadyNow } from '#infra/jobs/clock.ts';
import { isWorthAWord, skewText } from '#infra/jobs/clock-skew.ts';
import type { Emit, RootCause, StepInfo } from './events.ts';
import type { Recorder } from './evidence/recorder.ts';
import { findCauseAtEnd, findDeadPart, findRootCause, type Search } from './health/find-root-cause.ts';
import { createStarter } from './health/bring-up/start-services.ts';
import { withClockCause } from './health/clock.ts';
import { watchParts } from './health/watch-parts.ts';
import { advance, NOT_STARTED, outcomeOf, type Outcome } from './outcome.ts';
import type { Plan } from './plan.ts';
import { runStep, type StepOptions } from './step/run-step.ts';
import { createTurns } from './step/turns.ts';
import { sleep as pause } from './step/sleep.ts';
import { stackAccess } from './step/stack-access.ts';
import type { Step } from './step/step.ts';
import { DEMO_STEPS, RESET_STEPS } from './steps.ts';

export type RunOptions = Pick<StepOptions, 'engine' | 'emit' | 'signal'> &
  Partial<Pick<StepOptions, 'now' | 'sleep' | 'retry' | 'healthTimeoutMs'>> & {
    /** The steps among which the work of each planned one is found; by default all of them. */
    readonly steps?: readonly Step[];
    /** Keeps every exchange on which the checks rest; by default nobody does. */
    readonly recorder?: Recorder | null;
    /** By whom the log-in of a person is done; by default by the step itself. */
    readonly byHand?: StepOptions['byHand'];
    /** Stop at the first failed step instead of going on. */
    readonly failFast?: boolean;
  };

/**
 * Carries out a plan, tells every event, and answers with what came of it; never throws. Steps of one phase, or of
 * any flows, that need nothing of each other run side by side (`side-by-side.ts`), and are told of in the order of the plan, as if one came
 * after the other.
 */
export const run = async (plan: Plan, options: RunOptions): Promise<Outcome> => {
  const { engine, signal, now = steadyNow, sleep = pause, healthTimeoutMs = 30_000, steps = [...DEMO_STEPS, ...RESET_STEPS] } = options;
  const { retry = { times: 0, delayMs: 0, backoff: 1 }, failFast = false, recorder = null, byHand = null } = options;
  const { services } = plan;
  let state = NOT_STARTED;
  const wereHealthy = new Set<ServiceName>();
  const emit: Emit = (event) => {
    state = advance(state, event);
    if (event.type === 'service' && event.state === 'healthy') wereHealthy.add(event.service);
    options.emit(event);
    if (event.type === 'request') warnOfClock(event);
  };
  let hasWarnedOfClock = false;
  const warnOfClock = ({ at, stepId }: { readonly at: number; readonly stepId: string }): void => {
    if (hasWarnedOfClock || state.clock === null || !isWorthAWord(state.clock)) return;
    hasWarnedOfClock = true;
    emit({ type: 'warning', at, stepId, text: skewText(state.clock) });
  };
  const hasPassed = (id: string): boolean => state.steps.some(({ step, status }) => step.id === id && status === 'passed');
  const begun = now();
  let current = '';
  let stopped: string | null = null;

  emit({ type: 'run-started', at: begun, ...headline(plan, engine), steps: plan.steps });
  const onAbort = (): void => emit({ type: 'interrupted', at: now(), text: 'interrupted: the step under way ends, the rest is skipped' });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const watching = new AbortController();
  watchParts({ engine, emit, now, stepId: () => current, signal: watching.signal });
  const endpoints = engine.endpoints();
  await using connections = createConnections({ caFile: endpoints.caFile });
  const start = createStarter({ engine, services, signal });
  const stack = stackAccess({
    endpoints,
    connections,
    signal,
    onRequest: (request, exchange) =>
      emit({ type: 'request', at: now(), stepId: current, ...request, ...recorder?.take(exchange, current) }),
  });
  const search: Search = { engine, stack, services, now, sleep, signal };
  const tell = (cause: RootCause): void => emit({ type: 'root-cause', at: now(), ...cause });
  /** A part may die, or hang, when no step needs it any more: such a stack is not usable, however well the steps went. */
  let causeAtEnd: RootCause | null = null;
  const lookAtEnd = async (): Promise<Failure | null> => {
    causeAtEnd = await findCauseAtEnd(search, wereHealthy);
    return causeAtEnd && failure('stack-not-usable', `at the end of the run ${causeAtEnd.line}`, { fix: causeAtEnd.fix });
  };

  const workOf = (id: string): Step | undefined => steps.find((step) => step.id === id);
  const turns = createTurns({
    steps: plan.steps,
    // Whether it can be done on this machine is asked in its turn.
    early: ({ id }) => workOf(id)?.whyNot === undefined,
    alone: ({ id }) => workOf(id)?.isAlone === true,
    run: (index, planned, means) => {
      const isLast = index === plan.steps.length - 1;
      const judge = async (error: Failure | null): Promise<Failure | null> =>
        error === null ? (isLast ? lookAtEnd() : null) : withClockCause(error, state.clock);
      const step = { ...(workOf(planned.id) ?? unknownStep), ...planned };
      const shared = { engine, byHand, connections, recorder, services, start, now, sleep, retry, healthTimeoutMs };
      return runStep(step, { index, total: plan.steps.length }, { ...shared, ...means, judge });
    },
    emit,
    signal,
  });

  for (const [index, planned] of plan.steps.entries()) {
    const missing = planned.needs.find((need) => !hasPassed(need));
    const hindered = signal.aborted ? 'interrupted' : (stopped ?? (missing === undefined ? null : `needs ${missing}`));
    const reason = hindered ?? (await workOf(planned.id)?.whyNot?.()) ?? null;
    if (reason !== null) {
      turns.skip(index);
      emit({ type: 'step-finished', at: now(), stepId: planned.id, status: 'skipped', detail: reason, durationMs: 0, error: null });
      continue;
    }
    current = planned.id;
    if ((await turns.take(index)) || signal.aborted) continue;
    turns.goOn(false);
    const cause = causeAtEnd ?? (await findRootCause(search));
    if (cause !== null) {
      tell(cause);
      stopped = `${cause.chain[0]} is down`;
    }
    if (failFast) stopped = `${planned.id} failed, --fail-fast`;
    turns.goOn(stopped === null);
  }
  await turns.over();

  // The step that failed may have had nothing to do with a part that died later.
  if (!signal.aborted && state.rootCause === null && state.steps.some(({ status }) => status === 'failed')) {
    const cause = await findDeadPart(search);
    if (cause !== null) tell(cause);
  }
  watching.abort();
  signal.removeEventListener('abort', onAbort);
  emit({ type: 'run-finished', at: now(), durationMs: now() - begun });
  return outcomeOf(state);
};

const headline = (plan: Plan, engine: Engine) => ({
  command: plan.command,
  engine: engine.kind,
  engineReason: engine.reason,
  engineIsFallback: engine.isFallback,
  profile: plan.profile,
});

const unknownStep: Omit<Step, keyof StepInfo> = {
  targets: [],
  run: async () => {
    throw new AppError('step-unknown', 500, 'the plan names a step that does not exist');
  },
};
