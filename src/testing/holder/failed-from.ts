import type { RootCause } from '#demo/events.ts';
import type { Outcome } from '#demo/outcome.ts';
import { type Failure, failureFrom } from '#infra/apperr/result.ts';
import type { Failed } from '../stack-error.ts';

/** A failure of the stack, with the part of it that explains this. */
class StackFailed extends Error {
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.message);
    this.failed = failed;
  }
}

/** An error to throw. @param rootCause null where no part of the stack explains the failure */
export const stackFailed = (failure: Failure, rootCause: RootCause | null): Error => {
  const failed = told(failure);
  if (rootCause === null) return new StackFailed(failed);
  const { line, logTail, fix } = rootCause;
  return new StackFailed({ ...failed, causes: [line, ...failed.causes], fix: fix === '' ? failed.fix : fix, logTail });
};

/** An error to throw for a failure that a start of the servers led to. @param thrown by that start; null where none failed */
export const failedByStart = (failure: Failure, thrown: unknown): Error => {
  const failed = told(failure);
  if (!(thrown instanceof StackFailed)) return new StackFailed(failed);
  const { message, causes, fix, logTail } = thrown.failed;
  return new StackFailed({ ...failed, causes: [message, ...causes], fix: failed.fix === '' ? fix : failed.fix, logTail });
};

/** Ends quietly where every step passed. @throws an error with the first step that did not */
export const orStepFailed = ({ steps, rootCause, outcome }: Outcome): void => {
  if (outcome === 'passed') return;
  const first = steps.find(({ status }) => status === 'failed') ?? steps.find(({ status }) => status === 'skipped');
  const error: Failure = first?.error ?? { code: 'interrupted', message: first?.detail ?? 'it was interrupted', cause: null, fix: '' };
  throw stackFailed({ ...error, message: `${first?.step.title ?? 'Reset'}: ${error.message}` }, rootCause);
};

/** Any thrown value in the words of the protocol. */
export const failedFrom = (thrown: unknown): Failed => (thrown instanceof StackFailed ? thrown.failed : told(failureFrom(thrown)));

/** The chain of causes flat, and the first remedy that one of them names. */
const told = ({ code, message, cause, fix }: Failure): Failed => {
  if (cause === null) return { code, message, causes: [], fix, logTail: [] };
  const inner = told(cause);
  return { code, message, causes: [inner.message, ...inner.causes], fix: fix === '' ? inner.fix : fix, logTail: [] };
};
