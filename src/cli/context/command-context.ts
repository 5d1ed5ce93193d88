import type { Interrupts } from '#cli/process/interrupts.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import type { Snapshot } from '#stack/snapshot/format/snapshot.ts';
import type { Printer } from '#cli/reporters/printer.ts';
import type { Terminal } from '#cli/reporters/terminal/terminal.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import type { CliSettings } from '#cli/settings/settings.ts';

/**
 * All that a command works with, made by `runCommand` before its work begins: settings and flags from every source, checked; a
 * terminal and a printer on it; Ctrl-C as signals. `F` holds the values of the command's own flags.
 */
export interface CommandContext<F = unknown> {
  /** As typed, for example `demo all`. */
  readonly command: string;
  readonly settings: CliSettings;
  readonly flags: F;
  readonly terminal: Terminal;
  readonly printer: Printer;
  /** Another command, as it is printed here. */
  readonly printedCommand: PrintedCommand;
  /** The data with which the stack of this command begins, in the place of a seed. */
  readonly snapshot?: Snapshot;
  readonly interrupts: Interrupts;
  readonly process: CliProcess;
}
