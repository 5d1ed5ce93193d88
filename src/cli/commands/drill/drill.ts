import { planDrills } from '#demo/drills/plan-drills.ts';
import { DRILL_NAMES, type DrillName } from '#infra/magic/drill-names.ts';
import { drillOutcome } from '#demo/drills/outcome.ts';
import { tidyUp } from '#demo/drills/tidy-up.ts';
import { interruptedAfter, type Outcome } from '#demo/outcome.ts';
import { run } from '#demo/run.ts';
import { toReport, type ReportOptions } from '#demo/to-report.ts';
import type { Emit } from '#demo/events.ts';
import { type Engine, SERVICES } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { openStack } from '#stack/open-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { openRunMemory } from '#cli/context/run-memory.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import { reportOptions } from '#cli/documents/demo-report.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import { withRunFiles } from '#cli/run-files/run-files.ts';
import type { DRILL_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { listDrills } from './list-drills.ts';
import { secondCli } from './second-cli.ts';

type Flags = ValuesOf<typeof DRILL_FLAGS>;

/** `passthru drill`: breaks a running stack in one way after the other, and proves each time what must hold. */
export const drill = (call: CommandCall<readonly DrillName[], typeof DRILL_FLAGS>): Promise<ExitCode> =>
  runCommand(
    { ...call, command: [call.command, ...call.argument].join(' ') },
    {
      first: 'Interrupted: repairing what this drill broke. Ctrl-C again skips that.',
      second: 'Interrupted again: the next drill, demo, reset-demo or down repairs what is left.',
    },
    (context) => {
      const names = call.argument.length === 0 ? DRILL_NAMES : call.argument;
      return context.flags.list ? listDrills(context, names) : drillStack(context, names);
    },
  );

const drillStack = (context: CommandContext<Flags>, names: readonly DrillName[]): Promise<ExitCode> =>
  withRunFiles(context, async (files) => {
    using reporter = await createReporter(context);
    const { outcome: ran, facts } = await onStack(context, names, reporter.emit);
    // The stack is let go of and nothing waits any more: no signal and no failure can part the exit code from what the report says.
    const outcome = context.interrupts.first.aborted ? interruptedAfter(ran) : ran;
    const { report, exitCode, written } = await files.write(toReport(outcome, facts), outcome.exitCode);
    reporter.result(report, { access: false, files: written });
    return exitCode;
  });

/** All of a drill that needs the lock and the engine; the stack is well when it ends, unless it is told that it is not. */
const onStack = async (
  context: CommandContext<Flags>,
  names: readonly DrillName[],
  emit: Emit,
): Promise<{ readonly outcome: Outcome; readonly facts: ReportOptions }> => {
  const { command, settings, flags, interrupts, printer, process } = context;
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find', holder: command });
  const { engine } = stack;
  if (engine.profile === 'prod') throw noDrillInProduction();
  await refuseMissing(engine);
  const tidy = () =>
    tidyUp({
      engine,
      faults: engine.faults,
      now: process.now,
      healthTimeoutMs: settings.healthTimeout,
      warn: (text) => printer.remark(`! ${text}`),
    });
  await tidy();
  const means = { faults: engine.faults, secondCli: secondCli({ stateDir: settings.stateDir, engine: engine.kind }) };
  const { plan, steps } = planDrills({ names, engine, means, command });
  const memory = await openRunMemory({ engine, plan, process });
  const ran = await run(plan, {
    engine,
    emit,
    steps,
    signal: interrupts.first,
    now: process.now,
    failFast: flags.failFast,
    healthTimeoutMs: settings.healthTimeout,
  });
  if (interrupts.first.aborted) await tidy();
  await memory.remember(ran);
  return { outcome: drillOutcome(ran), facts: { ...(await reportOptions(engine)), prediction: memory.prediction } };
};

/** A part that was never started is not broken. */
const refuseMissing = async (engine: Engine): Promise<void> => {
  const statuses = await engine.status();
  const missing = SERVICES.filter((name) => statuses.every(({ service, state }) => service !== name || state === 'absent'));
  if (missing.length === 0) return;
  throw new AppError(
    'stack-not-up',
    503,
    `${missing.join(' and ')} ${missing.length === 1 ? 'does' : 'do'} not run, so there is nothing to break`,
    {
      fix: 'Bring the stack up first: `passthru demo all`.',
    },
  );
};

const noDrillInProduction = () =>
  usageError('a stack of the prod profile is not drilled: somebody may depend on it', {
    fix: 'Drill a stack of the demo profile; docs/reliability.md says what was tried with production files.',
  });
