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

/** The exit code of a program that we ran for somebody, from 0 to 255: it is passed on as it is. */
export type OthersExitCode = number & { readonly [OTHERS]: true };
declare const OTHERS: unique symbol;

export const othersExitCode = (code: number): OthersExitCode => code as OthersExitCode;
