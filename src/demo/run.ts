import { createConnections } from '#client/session/connections.ts';
import type { Engine } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { Emit, RootCause, StepInfo } from './events.ts';
import { findDeadPart, findRootCause, type Search } from './health/find-root-cause.ts';
import { createStarter } from './health/bring-up/start-services.ts';
import { watchParts } from './health/watch-parts.ts';
import { advance, NOT_STARTED, outcomeOf, type Outcome } from './outcome.ts';
import type { Plan } from './plan.ts';
import { runStep, type StepOptions } from './step/run-step.ts';
import { sleep as pause } from './step/sleep.ts';
import { stackAccess } from './step/stack-access.ts';
import type { Step } from './step/step.ts';
import { DEMO_STEPS, RESET_STEPS } from './steps.ts';

export type RunOptions = Pick<StepOptions, 'engine' | 'emit' | 'signal'> &
  Partial<Pick<StepOptions, 'now' | 'sleep' | 'retry' | 'healthTimeoutMs'>> & {
    /** The steps among which the work of each planned one is found; by default all of them. */
    readonly steps?: readonly Step[];
    /** Stop at the first failed step instead of going on. */
    readonly failFast?: boolean;
  };

/** Carries out a plan step by step, tells every event, and answers with what came of it; never throws. */
export const run = async (plan: Plan, options: RunOptions): Promise<Outcome> => {
  const { engine, signal, now = Date.now, sleep = pause, healthTimeoutMs = 30_000, steps = [...DEMO_STEPS, ...RESET_STEPS] } = options;
  const { retry = { times: 0, delayMs: 0, backoff: 1 }, failFast = false } = options;
  const { services } = plan;
  let state = NOT_STARTED;
  const emit: Emit = (event) => {
    state = advance(state, event);
    options.emit(event);
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
    onRequest: (request) => emit({ type: 'request', at: now(), stepId: current, ...request }),
  });
  /** Tells the cause that `find` comes upon. The search may itself fail; the failed step then stands alone. */
  const explain = async (find: (search: Search) => Promise<RootCause | null>): Promise<RootCause | null> => {
    try {
      const cause = await find({ engine, stack, services, now, sleep, signal });
      if (cause !== null) emit({ type: 'root-cause', at: now(), ...cause });
      return cause;
    } catch (thrown) {
      emit({ type: 'warning', at: now(), stepId: current, text: `the cause could not be looked for: ${failureFrom(thrown).message}` });
      return null;
    }
  };

  for (const [index, planned] of plan.steps.entries()) {
    const missing = planned.needs.find((need) => !hasPassed(need));
    const reason = signal.aborted ? 'interrupted' : (stopped ?? (missing === undefined ? null : `needs ${missing}`));
    if (reason !== null) {
      emit({ type: 'step-finished', at: now(), stepId: planned.id, status: 'skipped', detail: reason, durationMs: 0, error: null });
      continue;
    }
    current = planned.id;
    const step = { ...(steps.find(({ id }) => id === planned.id) ?? unknownStep), ...planned };
    const place = { index, total: plan.steps.length };
    const passed = await runStep(step, place, { engine, connections, services, start, signal, emit, now, sleep, retry, healthTimeoutMs });
    if (passed || signal.aborted) continue;
    const cause = await explain(findRootCause);
    if (cause !== null) stopped = `${cause.chain[0]} is down`;
    if (failFast) stopped = `${planned.id} failed, --fail-fast`;
  }

  // A part may die when no step needs it any more: such a stack is not usable, however well the steps went.
  if (!signal.aborted && state.rootCause === null) await explain(findDeadPart);
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
    throw new AppError('step-unknown', 500, 'the plan names a step that there is not');
  },
};
