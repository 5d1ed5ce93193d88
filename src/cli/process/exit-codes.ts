/** Exit codes of every command; the first three are those of a run's outcome. */
export const EXIT = {
  passed: 0,
  /** Some steps failed, or what should run is not ready. */
  partial: 1,
  /** Nothing usable came of it. */
  failed: 2,
  /** The command line, the environment or a settings file is wrong (sysexits EX_USAGE). */
  usage: 64,
  /** Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
