import { once } from 'node:events';
import type { Connections } from '#client/session/connections.ts';
import type { Engine } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { failure, failureFrom, type Failure } from '#infra/apperr/result.ts';
import type { Check, Emit } from '../events.ts';
import type { Recorder } from '#demo/evidence/recorder.ts';
import type { Seen } from '#demo/evidence/view.ts';
import { type Basis, renamed } from '#infra/evidence/recipe.ts';
import { createChecker, type Recorded } from './checker.ts';
import { sleep as pause } from './sleep.ts';
import { stackAccess } from './stack-access.ts';
import type { Step, StepContext } from './step.ts';

/** Everything that carrying out a step takes. */
export interface StepOptions extends Pick<StepContext, 'engine' | 'services' | 'start' | 'byHand' | 'now' | 'sleep' | 'healthTimeoutMs'> {
  readonly engine: Engine;
  readonly connections: Connections;
  readonly emit: Emit;
  /** Keeps the exchanges on which the checks rest; null: nobody keeps them. */
  readonly recorder: Recorder | null;
  /** Aborting ends the step under way at once; nothing is torn down here. */
  readonly signal: AbortSignal;
  /** The number of further tries after a failure, and the milliseconds before each: `delayMs × backoff^n`. */
  readonly retry: { readonly times: number; readonly delayMs: number; readonly backoff: number };
  /** The failure of an attempt, seen with what the run knows; a step whose work is done and sound (null) may fail all the same. */
  readonly judge: (error: Failure | null) => Promise<Failure | null>;
}

/** One step with its retries; true when it passed. */
export const runStep = async (
  step: Step,
  place: { readonly index: number; readonly total: number },
  options: StepOptions,
): Promise<boolean> => {
  const { emit, now, signal, sleep, retry } = options;
  const { id, phase, title, needs } = step;
  const begun = now();
  for (let attempt = 1; ; attempt += 1) {
    emit({ type: 'step-started', at: now(), step: { id, phase, title, needs }, ...place, attempt });
    const { detail, error } = await attemptStep(step, options);
    if (error !== null && attempt <= retry.times && !signal.aborted) {
      const delay = retry.delayMs * retry.backoff ** (attempt - 1);
      emit({ type: 'step-progress', at: now(), stepId: id, text: `${error.message}; trying again in ${delay} ms` });
      await sleep(delay, signal).catch(() => undefined);
      if (!signal.aborted) continue;
    }
    const status = error === null ? 'passed' : 'failed';
    emit({ type: 'step-finished', at: now(), stepId: id, status, detail, durationMs: now() - begun, error });
    return error === null;
  }
};

/** One attempt: the step works with a context of its own, and its checks are counted. */
const attemptStep = async (step: Step, options: StepOptions): Promise<{ detail: string; error: Failure | null }> => {
  const { signal } = options;
  const checks: Check[] = [];
  let open = true;
  // An attempt that has ended says nothing more, even where a request of it is still under way.
  const tell: Emit = (event) => {
    if (!open) return;
    if (event.type === 'check') checks.push(event.check);
    options.emit(event);
  };
  try {
    const detail = await untilAborted(step.run(contextOf(step, options, tell)), signal);
    return { detail, error: await options.judge(verdict(checks, null)) };
  } catch (thrown) {
    const error = failureFrom(thrown);
    if (signal.aborted) return { detail: '', error: failure('interrupted', 'interrupted before it was done', { cause: error }) };
    return { detail: '', error: await options.judge(verdict(checks, error)) };
  } finally {
    open = false;
  }
};

const contextOf = ({ id: stepId }: Step, options: StepOptions, tell: Emit): StepContext => {
  const { engine, connections, recorder, services, start, byHand, now, signal, sleep, healthTimeoutMs } = options;
  const record: Recorded = (check, basis) => tell({ type: 'check', at: now(), stepId, check: withBasis(check, basis, recorder) });
  return {
    engine,
    stack: stackAccess({
      endpoints: engine.endpoints(),
      connections,
      signal,
      onRequest: (request, exchange) => tell({ type: 'request', at: now(), stepId, ...request, ...recorder?.take(exchange, stepId) }),
    }),
    services,
    start,
    check: createChecker(record, signal),
    progress: (text) => tell({ type: 'step-progress', at: now(), stepId, text }),
    warn: (text) => tell({ type: 'warning', at: now(), stepId, text }),
    healthy: (service, waitedMs) => {
      const text = waitedMs === 0 ? 'at the first look' : `after ${Math.round(waitedMs)} ms`;
      tell({ type: 'service', at: now(), service, state: 'healthy', text, waitedMs });
    },
    byHand,
    signal,
    now,
    sleep,
    healthTimeoutMs,
  };
};

/** The check with its basis, where a recorder has the exchanges that this names. */
const withBasis = (check: Check, basis: Basis<Seen>, recorder: Recorder | null): Check => {
  if (recorder === null) return check;
  if (basis.kind === 'observed') return { ...check, basis };
  const named = ({ sent }: Seen): string | null => (sent === null ? null : recorder.idOf(sent));
  const [expected, got] = [renamed(basis.expected, named), renamed(basis.got, named)];
  return expected === null || got === null
    ? { ...check, basis: { kind: 'observed', why: 'its exchange was not recorded' } }
    : { ...check, basis: { kind: 'exchanges', expected, got } };
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

/** After an interruption a step gets this many milliseconds to undo what it was in the middle of. */
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
