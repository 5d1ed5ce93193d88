import { portUsersOf, upPlan } from '#demo/plan.ts';
import { run } from '#demo/run.ts';
import type { Engine } from '#engine/engine.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { type StackVariables, stackVariables } from '#cli/environment/stack-variables.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import { passingLine } from '#cli/reporters/passing-line.ts';
import type { Place } from './place.ts';

/** Brings the stack up and lets go of it. Its variables for the program; null where the stack did not come up, which is told. */
export const bringUp = async (place: Place, context: CommandContext): Promise<StackVariables | null> => {
  const { settings, interrupts, process } = context;
  const isVerbose = settings.verbosity === 'verbose';
  using reporter = await createReporter({ ...context, settings: { ...settings, verbosity: isVerbose ? 'verbose' : 'quiet' } });
  await using stack = await place.open();
  const { engine } = stack;
  const plan = upPlan({ command: context.command, profile: settings.profile, isSeeded: context.snapshot !== undefined });
  await stack.checkPorts(portUsersOf(plan));
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
