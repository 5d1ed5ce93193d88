import { upPlan } from '#demo/plan.ts';
import { run } from '#demo/run.ts';
import type { Engine } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { codeOf } from '#infra/apperr/system-error.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { type StackVariables, stackVariables } from '#cli/environment/stack-variables.ts';
import { EXIT, type ExitCode, type OthersExitCode, othersExitCode } from '#cli/process/exit-codes.ts';
import { passingLine } from '#cli/reporters/passing-line.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import { variableOf } from '#cli/settings/setting.ts';
import type { BEGIN_FLAGS } from '#cli/settings/command-flags.ts';
import { isUsageError } from '#cli/settings/usage-error.ts';
import { beginning } from '../snapshot/begin.ts';
import { passSignals } from './pass-signals.ts';
import { ownPlace, type Place, statedPlace } from './place.ts';
import { type Program, startProgram, whyNotStartable } from './program.ts';

/** As of env(1), timeout(1) and `docker run`: these are ours, every other code is the program's. */
const [OURS_FAILED, NOT_EXECUTABLE, NOT_FOUND] = [125, 126, 127].map(othersExitCode) as [OthersExitCode, OthersExitCode, OthersExitCode];

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
        if (why !== null) return refuse(context, { program, why });
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

/** The variables for the program; null where the stack did not come up, which is told. */
const bringUp = async (place: Place, context: CommandContext): Promise<StackVariables | null> => {
  const { settings, interrupts, process } = context;
  const isVerbose = settings.verbosity === 'verbose';
  using reporter = await createReporter({ ...context, settings: { ...settings, verbosity: isVerbose ? 'verbose' : 'quiet' } });
  await using stack = await place.open();
  const { engine } = stack;
  const plan = upPlan({ command: context.command, profile: settings.profile, isSeeded: context.snapshot !== undefined });
  await stack.checkPorts(plan.services);
  await stack.recordStart();
  const { now } = process;
  const { healthTimeout: healthTimeoutMs } = settings;
  using line = settings.verbosity === 'normal' ? passingLine(context.terminal, { command: context.command, tell: reporter.emit }) : null;
  const { emit } = line ?? reporter;
  const outcome = await run(plan, { engine, emit, signal: interrupts.first, now, healthTimeoutMs });
  if (outcome.outcome !== 'passed') return null;
  if (settings.verbosity === 'normal') tellOfStack(context, engine);
  return await stackVariables({ engine, stateDir: place.stateDir, env: process.env });
};

const tellOfStack = ({ command, printer }: CommandContext, engine: Engine): void => {
  const { kms, identity } = engine.endpoints();
  printer.remark(`passthru ${command}: ${engine.kind} stack, KMS ${new URL(kms.service).origin}, Identity ${identity.issuer}`);
};

const runProgram = async (context: CommandContext, program: Program): Promise<OthersExitCode> => {
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
    return refuse(context, { program, why: codeOf(error) === 'ENOENT' ? 'not-found' : 'not-executable', error });
  }
};

const refuse = (
  { printer }: CommandContext,
  {
    program: { command },
    why,
    error,
  }: { readonly program: Program; readonly why: 'not-found' | 'not-executable'; readonly error?: unknown },
): OthersExitCode => {
  const [said, fix] =
    why === 'not-found'
      ? [`${command} was not found`, 'Check its name and PATH; a program of the project runs as `npx NAME`.']
      : [`${command} is there and cannot be executed`, 'Make it executable, or name the program that reads it.'];
  printer.failure(failureFrom(new AppError(`command-${why}`, 400, said, { fix, ...(error === undefined ? {} : { cause: error }) })), {
    exitCode: EXIT.failed,
  });
  return why === 'not-found' ? NOT_FOUND : NOT_EXECUTABLE;
};
