import type { Engine } from '#engine/engine.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { createStack } from './client/stack.ts';
import type { DemoEvent, Emit, StepStatus } from './events.ts';
import { partsOf } from './health/chain.ts';
import { reportRootCause } from './health/root-cause.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { pause } from './pause.ts';
import type { Plan } from './plan.ts';
import { runStep } from './steps/attempts.ts';
import type { Kept, StepOptions } from './steps/step.ts';
import { STORIES } from './steps/stories.ts';

export type RunOptions = Pick<StepOptions, 'engine' | 'emit' | 'signal'> &
  Partial<Pick<StepOptions, 'now' | 'sleep' | 'retry' | 'healthTimeoutMs' | 'stories'>> & {
    /** Stop at the first failed step instead of going on. */
    readonly failFast?: boolean;
  };

/** Carries out a plan step by step, tells every event, and answers with what came of it; never throws. */
export const run = async (plan: Plan, options: RunOptions): Promise<Outcome> => {
  const { engine, signal, now = Date.now, sleep = pause, healthTimeoutMs = 30_000, stories = STORIES } = options;
  const { retry = { times: 0, delayMs: 0, backoff: 1 } } = options;
  const events: DemoEvent[] = [];
  const emit: Emit = (event) => void (events.push(event), options.emit(event));
  const begun = now();
  const statuses = new Map<string, StepStatus>();
  const kept: Kept = {};
  let stopped: string | null = null;

  emit({ type: 'run-started', at: begun, ...headline(plan, engine), steps: plan.steps });
  const onAbort = (): void => emit({ type: 'interrupted', at: now(), text: 'interrupted: the step under way ends, the rest is skipped' });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let current = '';
  const watching = watchParts(engine, emit, now, () => current);
  await using stack = createStack({
    engine,
    services: plan.services,
    signal,
    note: (request) => emit({ type: 'request', at: now(), stepId: current, ...request }),
  });

  for (const [index, step] of plan.steps.entries()) {
    const missing = step.needs.find((need) => statuses.get(need) !== 'passed');
    const reason = signal.aborted ? 'interrupted' : (stopped ?? (missing === undefined ? null : `needs ${missing}`));
    if (reason !== null) {
      statuses.set(step.id, 'skipped');
      emit({ type: 'step-finished', at: now(), stepId: step.id, status: 'skipped', detail: reason, durationMs: 0, error: null });
      continue;
    }
    current = step.id;
    const passed = await runStep(step, index, plan, { engine, signal, emit, now, sleep, retry, healthTimeoutMs, stories, stack, kept });
    statuses.set(step.id, passed ? 'passed' : 'failed');
    if (passed || signal.aborted) continue;
    const down = await reportRootCause({ engine, stack, services: plan.services, emit, now, sleep, signal }).catch(unexplained(emit, now));
    stopped = options.failFast === true ? `${step.id} failed, --fail-fast` : down;
  }

  const isUnexplained = !signal.aborted && !events.some(({ type }) => type === 'root-cause');
  if (isUnexplained) await reportDead({ engine, stack, plan, emit, now, sleep, signal }).catch(unexplained(emit, now));
  watching.abort();
  signal.removeEventListener('abort', onAbort);
  emit({ type: 'run-finished', at: now(), durationMs: now() - begun });
  return outcomeOf(events);
};

const headline = (plan: Plan, engine: Engine) => ({
  command: plan.command,
  engine: engine.kind,
  engineReason: engine.reason,
  engineIsFallback: engine.isFallback,
  profile: plan.profile,
});

/** A part may die when no step needs it any more: such a stack is not usable, however well the steps went. */
const reportDead = async ({
  plan,
  ...options
}: Pick<StepOptions, 'engine' | 'stack' | 'emit' | 'now' | 'sleep' | 'signal'> & { plan: Plan }): Promise<void> => {
  const statuses = await options.engine.status();
  const parts = partsOf(options.engine.parts, plan.services);
  const isDead = statuses.some(({ service, state }) => state === 'exited' && parts.includes(service));
  if (isDead) await reportRootCause({ ...options, services: plan.services });
};

/** The search for a cause may itself fail; the failed step then stands alone. */
const unexplained =
  (emit: Emit, now: () => number) =>
  (thrown: unknown): null => {
    emit({ type: 'warning', at: now(), text: `the cause could not be looked for: ${failureFrom(thrown).message}` });
    return null;
  };

/** What the engine tells, as events of the run; what it does before something runs belongs to the step that waits for it. */
const watchParts = (engine: Engine, emit: Emit, now: () => number, stepId: () => string): AbortController => {
  const watching = new AbortController();
  engine.watch((event) => {
    switch (event.type) {
      case 'progress':
        return emit({ type: 'step-progress', at: now(), stepId: stepId(), text: event.text });
      case 'service-started': {
        const text = event.pid === null ? 'started' : `pid ${event.pid}`;
        return emit({ type: 'service', at: now(), service: event.service, state: 'started', text });
      }
      case 'service-exited': {
        const how = event.signal ?? (event.exitCode === null ? '' : `code ${event.exitCode}`);
        const text = how === '' ? 'exited' : `exited with ${how}`;
        return emit({ type: 'service', at: now(), service: event.service, state: 'exited', text });
      }
      default:
        return unreachable(event);
    }
  }, watching.signal);
  return watching;
};
