import { basename, dirname, join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import { EXIT, type ExitCode, type OthersExitCode } from '#cli/process/exit-codes.ts';
import { watchInterrupts } from '#cli/process/interrupts.ts';
import { createPrinter } from '#cli/reporters/create-printer.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import type { Printer } from '#cli/reporters/printer.ts';
import { bareCommand, printedCommand } from '#cli/settings/printed-command.ts';
import { resolveSettings, type SettingSources } from '#cli/settings/resolve-settings.ts';
import type { SettingRows, ValuesOf } from '#cli/settings/setting.ts';
import type { CliSettings } from '#cli/settings/settings.ts';
import { isUsageError } from '#cli/settings/usage-error.ts';
import { wantedOutput } from '#cli/settings/wanted-output.ts';
import type { CommandContext } from './command-context.ts';

/** The remarks on Ctrl-C, printed at once: the first signal ends the work in order, the second skips that. */
export interface InterruptRemarks {
  readonly first: string;
  readonly second: string;
}

/** Puts settings, terminal and signals around the work of a command; prints an error that it throws; answers its exit code. */
export const runCommand = async <A, F extends SettingRows, C extends ExitCode | OthersExitCode = ExitCode>(
  { command, stated, flags, process }: CommandCall<A, F>,
  remarks: InterruptRemarks,
  work: (context: CommandContext<ValuesOf<F>>) => Promise<C>,
  {
    startsStack = false,
    hasOwnStack = false,
    tellsOfFolder = false,
  }: Pick<Partial<SettingSources<F>>, 'startsStack' | 'hasOwnStack' | 'tellsOfFolder'> = {},
): Promise<C | ExitCode> => {
  const { now, signals, giveUp } = process;
  let terminal = createTerminal({ ...process, color: stated['color'] === false ? false : undefined });
  let printer = createPrinter({
    command,
    terminal,
    output: await wantedOutput(stated['output'], process),
    printedCommand: bareCommand(process.env),
    now,
  });
  const pressed = (press: 'first' | 'second'): void => {
    printer.remark(press === 'first' ? `\n${remarks.first}` : remarks.second);
    if (press === 'second') giveUp();
  };
  using _alive = keepAlive();
  using interrupts = watchInterrupts({ source: signals, now, tell: pressed });
  try {
    const warn = (text: string): void => printer.remark(`! ${text}`);
    const resolved = await resolveSettings({ stated, flags, ...process, startsStack, hasOwnStack, tellsOfFolder, warn });
    const { settings, usualStateDir, flags: own } = resolved;
    terminal = createTerminal({ ...process, color: settings.color });
    const printed = printedCommand({ settings, usualStateDir, ...process });
    printer = createPrinter({ command, terminal, output: settings.output, printedCommand: printed, now });
    if (!hasOwnStack) tellOfFolderAbove(settings, { cwd: process.cwd, printer });
    return await work({ command, settings, flags: own, terminal, printer, printedCommand: printed, interrupts, process });
  } catch (thrown) {
    if (interrupts.first.aborted) return EXIT.interrupted;
    const exitCode = isUsageError(thrown) ? EXIT.usage : EXIT.failed;
    const fields = thrown instanceof AppError ? thrown.fields : [];
    printer.failure(failureFrom(thrown), { fields, exitCode });
    return exitCode;
  }
};

/** A command in a subfolder may find another stack than its reader has in mind. */
const tellOfFolderAbove = (
  { stateDir, verbosity }: CliSettings,
  { cwd, printer }: { readonly cwd: string; readonly printer: Printer },
): void => {
  const project = dirname(stateDir);
  if (verbosity !== 'quiet' && basename(stateDir) === '.passthru' && cwd !== project && cwd.startsWith(join(project, '/'))) {
    printer.remark(`State folder ${stateDir}`);
  }
};

/** Longest delay that a timer takes, milliseconds. */
const FOREVER = 2 ** 31 - 1;

/**
 * Keeps the process until a command is done: it may wait for what keeps no process alive, such as the end of a service that
 * was let go, and would else end half-way with exit code 0.
 */
const keepAlive = (): Disposable => {
  const timer = setInterval(() => undefined, FOREVER);
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
