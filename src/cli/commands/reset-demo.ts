import type { Emit } from '#demo/events.ts';
import { interruptedAfter } from '#demo/outcome.ts';
import { resetPlan } from '#demo/plan.ts';
import { resetDemo } from '#demo/reset.ts';
import type { DemoCommand } from '#demo/step/step.ts';
import { toReport } from '#demo/to-report.ts';
import { openStack } from '#stack/open-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { openRunMemory } from '#cli/context/run-memory.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { RunFiles } from '#cli/run-files/run-file.ts';
import { withRunFiles } from '#cli/run-files/run-files.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import { tenantLines } from '#cli/reporters/lines/tenant-lines.ts';
import { reportOptions, tenantsOf } from '#cli/documents/demo-report.ts';
import { notingRefusals } from './demo-refusals.ts';

/** `passthru reset-demo`: the demo data of running servers back to the seed, under new tenant ids, or left as it was. */
export const resetDemoData = (call: CommandCall<DemoCommand>): Promise<ExitCode> =>
  runCommand(
    call,
    {
      first: 'Interrupted: bringing the old demo data back. Ctrl-C again skips that.',
      second: 'Interrupted again: the next reset or demo finishes what is half done.',
    },
    (context) => reset(context, call.argument),
  );

const reset = async (context: CommandContext, target: DemoCommand): Promise<ExitCode> => {
  const { settings, interrupts, terminal } = context;
  return withRunFiles(context, async (files) => {
    using reporter = await createReporter(context);
    const emit: Emit = (event) => {
      reporter.emit(event);
      files.emit(event);
    };
    const { outcome: ran, facts, tenants } = await onStack(context, target, { ...files, emit });
    // The stack is let go of and nothing waits any more: no signal and no failure can part the exit code from what the report says.
    const outcome = interrupts.first.aborted ? interruptedAfter(ran) : ran;
    const { report, exitCode, written } = await files.write(toReport(outcome, facts), outcome.exitCode);
    reporter.result(report, { access: false, files: written });
    if (settings.output === 'human') for (const line of tenantLines(tenants)) terminal.out.write(`${line}\n`);
    return exitCode;
  });
};

/** All of a reset that needs the lock and the engine. */
const onStack = async (
  context: CommandContext,
  target: DemoCommand,
  { emit, observe, recorder }: Pick<RunFiles, 'emit' | 'observe' | 'recorder'>,
) => {
  const { command, settings, interrupts, process } = context;
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find', holder: command });
  const { engine } = stack;
  const before = await tenantsOf(engine);
  const memory = await openRunMemory({ engine, plan: resetPlan({ command: target, profile: engine.profile }), process });
  const options = { target, engine, signal: interrupts.first, now: process.now, healthTimeoutMs: settings.healthTimeout };
  const outcome = await notingRefusals(context, { engine, emit }, (noted) => resetDemo({ ...options, recorder, ...noted }));
  await memory.remember(outcome);
  if (!interrupts.first.aborted) await observe(engine, outcome);
  const after = await tenantsOf(engine);
  const tenants = Object.entries(after).map(([tenant, id]) => ({ tenant, old: before[tenant] ?? 'none', id }));
  return { outcome, facts: { ...(await reportOptions(engine)), prediction: memory.prediction }, tenants };
};
