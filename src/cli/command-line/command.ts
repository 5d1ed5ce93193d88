import type { CliProcess } from '#cli/process/cli-process.ts';
import type { ExitCode, OthersExitCode } from '#cli/process/exit-codes.ts';
import type { FlagGroup, SettingRows } from '#cli/settings/setting.ts';
import type { ValueType } from '#cli/settings/value-types.ts';

/** No flags of its own. */
export type NoFlags = Readonly<Record<never, never>>;

/** The word behind the name of a command. */
export interface Argument<A> {
  /** `<what>` must be given, `[what]` may be. */
  readonly spelling: string;
  readonly help: string;
  readonly type: ValueType<A>;
  readonly default?: NoInfer<A>;
}

/** One row of the command tree: all that is known of a command before its code is loaded. */
export interface CommandRow<A, F extends SettingRows> {
  readonly name: string;
  readonly summary: string;
  readonly argument?: Argument<A>;
  /** The groups of settings that have a flag here. A command with those of a `run` takes its time, so it says its first words at once. */
  readonly settings?: readonly FlagGroup[];
  /** Flags that it has beside the settings. */
  readonly flags?: F;
  /** Below the list of flags, for example examples. */
  readonly help?: string;
  readonly isHidden?: boolean;
  /** Loads the code and runs it; null: the process goes on, and its exit code is its own. */
  readonly run: (call: CommandCall<A, F>) => Promise<ExitCode | OthersExitCode | null>;
}

/** A command as it was called. */
export interface CommandCall<A = undefined, F extends SettingRows = NoFlags> {
  /** For example `demo all`: with its argument where that tells which run it is. */
  readonly command: string;
  readonly argument: A;
  /** Settings and flags as the command line states them, by key. */
  readonly stated: Readonly<Record<string, unknown>>;
  /** The rows of the command's own flags. */
  readonly flags: F;
  readonly process: CliProcess;
}
