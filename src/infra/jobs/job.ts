/**
 * Background jobs: the work that a server does by the clock and not because of a request, such as removing what has expired.
 * A slice describes its work as a `Job`; the server starts it with the `Jobs` that `create-jobs.ts` makes, and `/readyz` shows
 * how each of them does. This folder knows no database and no server: a lock and a log are handed in.
 */

/** A lock among replicas, held until it is disposed of. */
export interface JobLock extends AsyncDisposable {
  /** Aborts when the lock ends before its holder ends it. */
  readonly lost: AbortSignal;
}

export interface Job {
  /** In kebab-case; no two jobs of a process have the same. */
  readonly name: string;
  /** Milliseconds before the first run, and from the end of each run to the next one. */
  readonly periodMs: number;
  /** For work that replicas share: each run needs this lock, and is left out when another replica has it (null). */
  readonly tryLock?: () => Promise<JobLock | null>;
  /** Called once, with what begins a run before its time; while one is under way, another follows it. */
  readonly onWake?: (wake: () => void) => void;
  /** @param signal aborts when the job is stopped or its lock is lost */
  run(signal: AbortSignal): Promise<void>;
}

/** The state of a job, which anybody may know. */
export interface JobState {
  readonly running: boolean;
  /** When the last run began, that which is under way included (RFC 3339); null before the first one. */
  readonly last_run: string | null;
  /** Milliseconds that the last run took; null before the end of the first one. */
  readonly duration_ms: number | null;
  /** Why the last run failed, or that it does not end, without paths, users and SQL; null when it succeeded, or another replica has the work. */
  readonly last_error: string | null;
}

/** The jobs of one process. Disposal stops them all. */
export interface Jobs extends AsyncDisposable {
  /**
   * Runs a job again and again, one run at a time, until it or all jobs are disposed of. Disposal aborts the run under way and
   * waits for its end, at most two seconds. A run that fails ends neither the job nor the process.
   *
   * @throws TypeError for a name that another job has, or when the jobs have been disposed of
   */
  start(job: Job): AsyncDisposable;
  /** The jobs by name, in the order of their start. */
  states(): Readonly<Record<string, JobState>>;
}
