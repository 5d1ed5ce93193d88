import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { codeOf } from '#infra/apperr/system-error.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { EXIT, type OthersExitCode, othersExitCode } from '#cli/process/exit-codes.ts';
import { passSignals } from './pass-signals.ts';
import { type Program, startProgram } from './program.ts';

const [NOT_EXECUTABLE, NOT_FOUND] = [othersExitCode(126), othersExitCode(127)];

/** Runs a program to its end, whatever signals come; its exit code, or that of `refuseProgram`. */
export const runProgram = async (context: CommandContext, program: Program): Promise<OthersExitCode> => {
  const { settings, printer, interrupts, process } = context;
  try {
    const running = await startProgram(program);
    const pass = passSignals({
      program: running,
      hasTerminal: process.out.isTTY === true || process.err.isTTY === true,
      now: process.now,
      tell: () => {
        if (settings.verbosity !== 'quiet')
          printer.remark(`\npassthru exec: Ctrl-C went to ${program.command}; twice within two seconds kills it`);
      },
    });
    using _diverted = interrupts.divert(pass);
    // It came while the program started.
    if (interrupts.first.aborted) pass('SIGTERM');
    return othersExitCode(await running.exitCode);
  } catch (error) {
    if (codeOf(error) === '') throw error;
    return refuseProgram(context, { program, why: codeOf(error) === 'ENOENT' ? 'not-found' : 'not-executable', error });
  }
};

const NOT_FOUND_FIX = 'Check its name and PATH; a program of the project runs as `npx NAME`.';
/** A whole line in quotes is one word, and so the name of a program. */
const LINE_FIX = "Write the words apart, without quotes around them all, or let a shell read the line: `sh -c '…'`.";

/** Says why a program cannot be started; the exit code that a shell has for it. */
export const refuseProgram = (
  { printer }: CommandContext,
  {
    program: { command, args },
    why,
    error,
  }: { readonly program: Program; readonly why: 'not-found' | 'not-executable'; readonly error?: unknown },
): OthersExitCode => {
  const [said, fix] =
    why === 'not-found'
      ? [`${command} was not found`, args.length === 0 && command.includes(' ') ? LINE_FIX : NOT_FOUND_FIX]
      : [`${command} is there and cannot be executed`, 'Make it executable, or name the program that reads it.'];
  printer.failure(failureFrom(new AppError(`command-${why}`, 400, said, { fix, ...(error === undefined ? {} : { cause: error }) })), {
    exitCode: EXIT.failed,
  });
  return why === 'not-found' ? NOT_FOUND : NOT_EXECUTABLE;
};
