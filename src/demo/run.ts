import { once } from 'node:events';
import type { Engine } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { failure, failureFrom, type Failure } from '#infra/apperr/result.ts';
import { createCheckDoor } from './checks.ts';
import { createStack, type Stack } from './client/stack.ts';
import type { Check, DemoEvent, Emit, StepInfo, StepStatus } from './events.ts';
import { reportRootCause } from './health/root-cause.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { pause } from './pause.ts';
import type { Plan, StepId } from './plan.ts';
import { STORIES } from './stories.ts';
import type { Stories, StepContext } from './step.ts';

export interface RunOptions {
  readonly engine: Engine;
  readonly emit: Emit;
  /** Aborting ends the step under way at once and skips the rest; nothing is torn down here. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly sleep?: typeof pause;
  /** Stop at the first failed step instead of going on. */
  readonly failFast?: boolean;
  /** How often a failed step is tried again, and how long before: `delayMs × backoff^n`. */
  readonly retry?: { readonly times: number; readonly delayMs: number; readonly backoff: number };
  /** How long to wait for one service to become healthy. */
  readonly healthTimeoutMs?: number;
  readonly stories?: Stories;
}

/** Carries out a plan step by step, tells every event, and answers with what came of it; never throws. */
export const run = async (plan: Plan, options: RunOptions): Promise<Outcome> => {
  const { engine, signal, now = Date.now } = options;
  const events: DemoEvent[] = [];
  const emit: Emit = (event) => void (events.push(event), options.emit(event));
  const begun = now();
  const statuses = new Map<string, StepStatus>();
  let stopped: string | null = null;

  emit({ type: 'run-started', at: begun, ...headline(plan, engine), steps: plan.steps });
  const onAbort = (): void => emit({ type: 'interrupted', at: now(), text: 'interrupted: the step under way ends, the rest is skipped' });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const watching = watchServices(engine, emit, now);
  let current = '';
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
    const passed = await runStep(step, index, plan, { ...options, emit, now, stack });
    statuses.set(step.id, passed ? 'passed' : 'failed');
    if (passed || signal.aborted) continue;
    const down = await reportRootCause({ engine, stack, services: plan.services, emit, now, signal });
    stopped = options.failFast === true ? `${step.id} failed, --fail-fast` : down;
  }

  watching.abort();
  signal.removeEventListener('abort', onAbort);
  emit({ type: 'run-finished', at: now(), durationMs: now() - begun });
  return outcomeOf(events, plan.services);
};

const headline = (plan: Plan, engine: Engine) => ({
  command: plan.command,
  engine: engine.kind,
  engineReason: engine.reason,
  profile: plan.profile,
});

type StepOptions = RunOptions & { readonly now: () => number; readonly stack: Stack };

/** One step with its retries; true when it passed. */
const runStep = async (step: StepInfo, index: number, plan: Plan, options: StepOptions): Promise<boolean> => {
  const { emit, now, signal, sleep = pause, retry = { times: 0, delayMs: 0, backoff: 1 } } = options;
  const begun = now();
  for (let attempt = 1; ; attempt += 1) {
    emit({ type: 'step-started', at: now(), step, index, total: plan.steps.length, attempt });
    const { detail, error } = await attemptStep(step, plan, options);
    if (error !== null && attempt <= retry.times && !signal.aborted) {
      const delay = retry.delayMs * retry.backoff ** (attempt - 1);
      emit({ type: 'step-progress', at: now(), stepId: step.id, text: `${error.message}; trying again in ${delay} ms` });
      await sleep(delay, signal).catch(() => undefined);
      if (!signal.aborted) continue;
    }
    const status = error === null ? 'passed' : 'failed';
    emit({ type: 'step-finished', at: now(), stepId: step.id, status, detail, durationMs: now() - begun, error });
    return error === null;
  }
};

/** One attempt: the story runs, its checks are counted; what comes after its end is no longer heard. */
const attemptStep = async (step: StepInfo, plan: Plan, options: StepOptions): Promise<{ detail: string; error: Failure | null }> => {
  const { engine, stack, emit, now, signal, sleep = pause, stories = STORIES, healthTimeoutMs = 30_000 } = options;
  const checks: Check[] = [];
  let open = true;
  const tell: Emit = (event) => void (open && emit(event));
  const story = stories[step.id as StepId];
  if (story === undefined) return { detail: '', error: failure('story-missing', `no story is written for ${step.id}`) };
  const context: StepContext = {
    engine,
    stack,
    services: plan.services,
    check: createCheckDoor((check) => {
      if (open) checks.push(check);
      tell({ type: 'check', at: now(), stepId: step.id, check });
    }),
    progress: (text) => tell({ type: 'step-progress', at: now(), stepId: step.id, text }),
    warn: (text) => tell({ type: 'warning', at: now(), text }),
    signal,
    now,
    sleep,
    healthTimeoutMs,
  };
  try {
    const detail = await untilAborted(story(context), signal);
    return { detail, error: verdict(checks, null) };
  } catch (thrown) {
    return { detail: '', error: verdict(checks, failureFrom(thrown)) };
  } finally {
    open = false;
  }
};

/** A step passes when it asserted something and nothing failed. */
const verdict = (checks: readonly Check[], thrown: Failure | null): Failure | null => {
  const failed = checks.filter(({ status }) => status === 'failed');
  const [first] = failed;
  if (first !== undefined) {
    const others = failed.length === 1 ? '' : ` (and ${failed.length - 1} more)`;
    return failure('check-failed', `${first.title}: expected ${first.expected}, got ${first.got}${others}`, { cause: thrown });
  }
  if (thrown !== null) return thrown;
  return checks.length === 0 ? failure('nothing-asserted', 'the step asserted nothing, which proves nothing') : null;
};

/** After an interruption a story gets this long to undo what it was in the middle of. */
const GRACE_MS = 5_000;

const untilAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const done = new AbortController();
  const graceOver = async (): Promise<never> => {
    if (!signal.aborted) await once(signal, 'abort', { signal: done.signal });
    await pause(GRACE_MS, done.signal);
    throw new AppError('interrupted', 500, `interrupted, and the step did not end within ${GRACE_MS} ms`);
  };
  try {
    return await Promise.race([work, graceOver()]);
  } finally {
    done.abort();
  }
};

const watchServices = (engine: Engine, emit: Emit, now: () => number): AbortController => {
  const watching = new AbortController();
  engine.watch((event) => {
    const { service } = event;
    if (event.type === 'service-started') emit({ type: 'service', at: now(), service, state: 'started', text: `pid ${event.pid}` });
    else {
      const how = event.signal ?? `code ${event.exitCode}`;
      emit({ type: 'service', at: now(), service, state: 'exited', text: `exited with ${how}` });
    }
  }, watching.signal);
  return watching;
};
