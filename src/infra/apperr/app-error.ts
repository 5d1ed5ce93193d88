/** A fault in what the caller sent: where it stands, what is wrong, how to mend it. */
export interface FieldIssue {
  /** JSON Pointer into the body, or `query/name`, `path/name`, `header/name`, or `file.yml#/pointer`. */
  readonly field: string;
  /** Of a file, from 1; absent where it is none, or has no lines that its reader knows. */
  readonly line?: number;
  readonly message: string;
  readonly fix?: string;
}

export interface AppErrorOptions {
  /** The error beneath; logged, never sent to a client. */
  readonly cause?: unknown;
  /** Why, where the message does not say it; logged, never sent to a client. */
  readonly reason?: string | undefined;
  readonly fields?: readonly FieldIssue[];
  /** One sentence that tells the reader what to do. */
  readonly fix?: string;
  /** Response headers that belong to the error, for example `Retry-After` or `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the Problem Details object, for example `error` of RFC 6749 section 5.2. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of the servers: a stable code and the HTTP status that it maps to.
 * The message is sent to clients, so it holds no secret, no SQL and no path of the server.
 *
 * @see RFC 9457
 */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: string;
  readonly status: number;
  readonly reason: string | undefined;
  readonly fields: readonly FieldIssue[];
  readonly fix: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  /**
   * @param code stable, kebab-case, for example `elastic-key-not-found`
   * @param status HTTP status, 400 to 599
   * @param message one sentence for the client
   */
  constructor(code: string, status: number, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.reason = options.reason;
    this.fields = options.fields ?? [];
    this.fix = options.fix;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }
}

/** A state that the code rules out: a bug of ours, and the message asks for a report. */
export class InternalError extends AppError {
  override readonly name: string = 'InternalError';

  constructor(message: string, options: AppErrorOptions = {}) {
    super('internal-error', 500, message, { fix: 'This is a bug in passthru; please report it with the steps that led here.', ...options });
  }
}

/** Ends a switch over a union: a new member that is not handled fails to compile. */
export const unreachable = (value: never): never => {
  throw new InternalError(`unexpected value ${JSON.stringify(value)}`);
};
