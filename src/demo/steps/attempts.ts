import { once } from 'node:events';
import { AppError } from '#infra/apperr/app-error.ts';
import { failure, failureFrom, type Failure } from '#infra/apperr/result.ts';
import { createCheckDoor } from './checks.ts';
import type { Check, Emit, StepInfo } from '../events.ts';
import { pause } from '../pause.ts';
import type { Plan, StepId } from '../plan.ts';
import type { StepContext, StepOptions } from './step.ts';

/** One step with its retries; true when it passed. */
export const runStep = async (step: StepInfo, index: number, plan: Plan, options: StepOptions): Promise<boolean> => {
  const { emit, now, signal, sleep, retry } = options;
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
  const { engine, stack, emit, now, signal, sleep, stories, healthTimeoutMs, kept } = options;
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
    }, signal),
    progress: (text) => tell({ type: 'step-progress', at: now(), stepId: step.id, text }),
    warn: (text) => tell({ type: 'warning', at: now(), text }),
    healthy: (service, waitedMs) => {
      const text = waitedMs === 0 ? 'at the first look' : `after ${Math.round(waitedMs)} ms`;
      tell({ type: 'service', at: now(), service, state: 'healthy', text, waitedMs });
    },
    kept,
    signal,
    now,
    sleep,
    healthTimeoutMs,
  };
  try {
    const detail = await untilAborted(story(context), signal);
    return { detail, error: verdict(checks, null) };
  } catch (thrown) {
    const error = failureFrom(thrown);
    if (signal.aborted) return { detail: '', error: failure('interrupted', 'interrupted before it was done', { cause: error }) };
    return { detail: '', error: verdict(checks, error) };
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
