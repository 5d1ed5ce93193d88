import { failureFrom } from '#infra/apperr/result.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { EXIT, type ExitCode, type OthersExitCode, othersExitCode } from '#cli/process/exit-codes.ts';
import type { BEGIN_FLAGS } from '#cli/settings/command-flags.ts';
import { variableOf } from '#cli/settings/setting.ts';
import { isUsageError } from '#cli/settings/usage-error.ts';
import { beginning } from '../snapshot/begin.ts';
import { bringUp } from './bring-up.ts';
import { ownPlace, type Place } from './place.ts';
import { type Program, whyNotStartable } from './program.ts';
import { refuseProgram, runProgram } from './run-program.ts';
import { statedPlace } from './stated-place.ts';

/** As of env(1), timeout(1) and `docker run`, which have 126 and 127 for a program that cannot be started, too. */
const OURS_FAILED = othersExitCode(125);

/** `passthru exec`: a program against a stack that is there as long as it runs; ends with the exit code of the program. */
export const exec = (call: CommandCall<readonly string[], typeof BEGIN_FLAGS>): Promise<ExitCode | OthersExitCode> => {
  const { stated, process, argument } = call;
  const hasOwnStack = stated['stateDir'] === undefined && (process.env[variableOf('stateDir')] ?? '') === '';
  const arePortsStated = stated['portBase'] !== undefined;
  return runCommand(
    // stdout is the program's, whatever form of result is usual here.
    { ...call, stated: { ...stated, output: 'human' } },
    {
      first: 'Interrupted: ending what this command started. Ctrl-C again kills it.',
      second: 'Interrupted again: killing what still runs instead of letting it finish.',
    },
    async (context) => {
      try {
        const program = programOf(argument, context);
        const why = await whyNotStartable(program);
        if (why !== null) return refuseProgram(context, { program, why });
        const own = await beginning(context);
        const place = hasOwnStack ? await ownPlace(own, { arePortsStated }) : await statedPlace(own);
        return await runAt(place, own, program);
      } catch (thrown) {
        if (isUsageError(thrown) || context.interrupts.first.aborted) throw thrown;
        context.printer.failure(failureFrom(thrown), { exitCode: EXIT.failed });
        return OURS_FAILED;
      }
    },
    { startsStack: true, hasOwnStack },
  );
};

const programOf = ([command = '', ...args]: readonly string[], { process: { cwd, env } }: CommandContext): Program => ({
  command,
  args,
  cwd,
  env,
});

/** Brings the stack up, runs the program, and leaves the place, however it went until then. */
const runAt = async (place: Place, context: CommandContext, program: Program): Promise<ExitCode | OthersExitCode> => {
  const { printer, interrupts } = context;
  let exitCode: ExitCode | OthersExitCode = OURS_FAILED;
  try {
    const variables = await bringUp(place, context);
    if (variables !== null) exitCode = await runProgram(context, { ...program, env: { ...program.env, ...variables } });
    else if (interrupts.first.aborted) exitCode = EXIT.interrupted;
  } finally {
    const left = await place.leave();
    if (!left.ok) {
      printer.failure(left.error, { exitCode: EXIT.failed });
      if (exitCode === EXIT.passed) exitCode = OURS_FAILED;
    }
  }
  return exitCode;
};
