import type { FieldIssue } from '#infra/apperr/app-error.ts';
import type { Failure } from '#infra/apperr/result.ts';
import type { LogAttributes } from './terminal/log-record.ts';

/** All that a command says which is no run: its result, a failure, a remark. A run is told by a Reporter. */
export interface Printer {
  /** To stdout, in the form that was asked for. */
  result(result: CommandResult): void;
  /** A failure with its causes and the fix, to stderr for a reader; for a program also as a document or record on stdout. */
  failure(failure: Failure, options: FailureOptions): void;
  /** A line to stderr. */
  remark(text: string): void;
}

export interface CommandResult {
  /** For `--output json`. */
  readonly document: object;
  /** For a reader. */
  readonly lines: readonly string[];
  /** For `--output structured`: one record each. */
  readonly records: readonly { readonly body: string; readonly failed?: boolean; readonly attributes: LogAttributes }[];
}

export interface FailureOptions {
  readonly exitCode: number;
  /** The values that are wrong, where it is about such. */
  readonly fields?: readonly FieldIssue[];
  /** Another document stands on stdout: only a reader is told. */
  readonly readerOnly?: boolean;
}
