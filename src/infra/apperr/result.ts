import { AppError } from './app-error.ts';
import { thrownWords } from './thrown-words.ts';

/** An expected failure of orchestration as a value; it nests from the step down to the cause. */
export interface Failure {
  /** Stable, kebab-case. */
  readonly code: string;
  readonly message: string;
  readonly cause: Failure | null;
  /** The remedy, one sentence; empty when the cause says it. */
  readonly fix: string;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const failure = (code: string, message: string, rest: { cause?: Failure | null; fix?: string } = {}): Failure => ({
  code,
  message,
  cause: rest.cause ?? null,
  fix: rest.fix ?? '',
});

export const fail = (...args: Parameters<typeof failure>): { readonly ok: false; readonly error: Failure } => ({
  ok: false,
  error: failure(...args),
});

/** Any thrown value as a Failure, its `cause` chain kept (at most eight deep). */
export const failureFrom = (thrown: unknown, depth = 0): Failure => {
  if (!(thrown instanceof Error)) return failure('unexpected', thrownWords(thrown));
  const cause = thrown.cause === undefined || depth >= 8 ? null : failureFrom(thrown.cause, depth + 1);
  if (thrown instanceof AppError) return failure(thrown.code, thrown.message, { cause, fix: thrown.fix ?? '' });
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code.toLowerCase().replaceAll('_', '-') : 'unexpected';
  return failure(code, thrown.message || thrownWords(thrown), { cause });
};
