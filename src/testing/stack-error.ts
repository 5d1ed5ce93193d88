/** A failure as the holder tells it. */
export interface Failed {
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  /** One clause for each cause, outermost first. */
  readonly causes: readonly string[];
  /** The remedy; empty where there is none to name. */
  readonly fix: string;
  /** The last lines of the part that failed, oldest first. */
  readonly logTail: readonly string[];
}

/** A stack could not do what was asked of it. Its message has cause, fix and log, because a test runner prints little else. */
export class StackError extends Error {
  override readonly name = 'StackError';
  /** Stable, for programs: `health-timeout`, `snapshot-not-found`, … */
  readonly code: string;
  readonly fix: string;
  readonly logTail: readonly string[];

  constructor({ code, message, causes, fix, logTail }: Failed) {
    const log = logTail.length === 0 ? [] : ['Last lines of its log:', ...logTail.map((line) => `  ${line}`)];
    super([message, ...causes.map((cause) => `Cause: ${cause}`), ...(fix === '' ? [] : [`Fix: ${fix}`]), ...log].join('\n'));
    this.code = code;
    this.fix = fix;
    this.logTail = logTail;
  }
}

export const failed = (code: string, message: string, more: Partial<Failed> = {}): StackError =>
  new StackError({ code, message, causes: [], fix: '', logTail: [], ...more });
