import { platform } from 'node:os';
import type { Emit } from '#demo/events.ts';
import { type Plan, plan as planOf, portUsersOf } from '#demo/plan.ts';
import { interruptedAfter, type Outcome, tornDownInVain } from '#demo/outcome.ts';
import { run } from '#demo/run.ts';
import type { DemoCommand } from '#demo/step/step.ts';
import { toReport, type ReportOptions } from '#demo/to-report.ts';
import type { PartName, ServiceName } from '#engine/engine.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { reapAbandonedStacks } from '#stack/ephemeral/reap-abandoned-stacks.ts';
import { openStack } from '#stack/open-stack.ts';
import type { Stack } from '#stack/stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { runningParts } from '#cli/context/running-services.ts';
import { openRunMemory } from '#cli/context/run-memory.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { type EvidenceRun, openEvidence } from '#cli/run-files/evidence/evidence-run.ts';
import type { RunFiles } from '#cli/run-files/run-file.ts';
import { withRunFiles } from '#cli/run-files/run-files.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import type { ResultOptions } from '#cli/reporters/lines/summary.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { reportOptions } from '#cli/documents/demo-report.ts';
import { notingRefusals } from './demo-refusals.ts';

/** `passthru demo`: brings the stack up, runs every step, reports, and tears down where that was asked for. */
export const demo = (call: CommandCall<DemoCommand>): Promise<ExitCode> =>
  runCommand(call, RUN_REMARKS, (context) => runPlan(context, planOf({ command: call.argument, profile: context.settings.profile })), {
    startsStack: true,
  });

export const RUN_REMARKS = {
  first: 'Interrupted: stopping what this run started. Ctrl-C again kills it.',
  second: 'Interrupted again: killing what still runs instead of letting it finish.',
};

/** Runs a plan on the stack of the settings, reports, and leaves the stack as they say. */
export const runPlan = async (context: CommandContext, plan: Plan): Promise<ExitCode> => {
  const { settings, interrupts } = context;
  if (settings.profile === 'prod') throw noDemoInProduction();
  return withRunFiles(context, async (files) => {
    const evidence = await openEvidence(context, files.recorder);
    using reporter = await createReporter(context);
    const emit: Emit = (event) => {
      reporter.emit(event);
      files.emit(event);
      evidence.emit(event);
    };
    const { outcome: ran, facts, shown } = await onStack(context, plan, { ...files, emit, evidence });
    // The stack is let go of and nothing waits any more: no signal and no failure can part the exit code from what the report says.
    const outcome = interrupts.first.aborted ? interruptedAfter(ran) : ran;
    const made = toReport(outcome, facts);
    const bundle = await evidence.write(outcome, made);
    const { report, exitCode, written } = await files.write(made, bundle.exitCode);
    reporter.result(report, { ...shown, files: { ...written, evidence: bundle.folder } });
    return exitCode;
  });
};

interface Ran {
  /** Of the steps and of the teardown. */
  readonly outcome: Outcome;
  readonly facts: ReportOptions;
  readonly shown: ResultOptions;
}

/** All of a demo that needs the lock and the engine. */
const onStack = async (
  context: CommandContext,
  plan: Plan,
  { emit, observe, recorder, evidence }: Pick<RunFiles, 'emit' | 'observe' | 'recorder'> & { readonly evidence: EvidenceRun },
): Promise<Ran> => {
  const { command, settings, interrupts, process } = context;
  await reapAbandonedStacks(stackOptions(context));
  await using stack = await openStack({ ...stackOptions(context), purpose: 'start', holder: command });
  const { engine } = stack;
  await stack.checkPorts(portUsersOf(plan));
  const before = await runningParts(engine);
  // Only the ci profile is ephemeral, and only with what it made: dev and demo find their data again.
  const isEphemeral = settings.rm && settings.profile === 'ci';
  const hadData = isEphemeral && (await engine.hasData());
  const volumes = isEphemeral && !hadData;
  const memory = await openRunMemory({ engine, plan, process });
  await stack.recordStart();

  const options = {
    engine,
    signal: interrupts.first,
    now: process.now,
    failFast: settings.onFailure === 'stop',
    retry: { times: settings.retry, delayMs: settings.retryDelay, backoff: settings.retryBackoff },
    healthTimeoutMs: settings.healthTimeout,
    ...(settings.browser ? { byHand: await logInByHand(context) } : {}),
  };
  const outcome = await notingRefusals(context, { engine, emit }, (noted) => run(plan, { ...options, recorder, ...noted }));
  await memory.remember(outcome);
  if (!interrupts.first.aborted) await observe(engine, outcome);
  await evidence.gather(stack, plan, outcome);

  const own = plan.services.filter((service) => !before.includes(service));
  const services = interrupts.first.aborted || (outcome.outcome !== 'passed' && settings.onPartial === 'cleanup') ? own : [];
  const leaving = settings.rm ? plan.services : services;
  const left = await leave(context, { stack, services: leaving, volumes, hadData });
  if (isEphemeral && left.ok) await stack.forgetStart();
  const isInterrupted = interrupts.first.aborted;
  if (isInterrupted && leaving.length === 0) remarkToReader(context, '  The stack was up before this run and stays up');
  return {
    outcome: left.ok ? outcome : tornDownInVain(outcome, left.error),
    facts: { ...(await reportOptions(engine)), prediction: memory.prediction },
    shown: { access: leaving.length === 0, next: (isInterrupted || outcome.rootCause !== null) && !settings.rm },
  };
};

/** Its code is loaded where somebody wants it. */
const logInByHand = async ({ printer, process }: CommandContext) =>
  (await import('./by-hand/log-in-by-hand.ts')).createLogInByHand({
    surroundings: { platform: platform(), env: process.env, isTerminal: process.err.isTTY === true },
    tell: printer.remark,
  });

const noDemoInProduction = () =>
  usageError('the prod profile seeds no demo data, so there is nothing for a demo to show', {
    fix: 'Use --profile demo; docs/production.md says how to run the prod profile with Compose.',
  });

interface LeaveOptions {
  readonly stack: Stack;
  readonly services: readonly ServiceName[];
  readonly volumes: boolean;
  /** Data that would have gone, had it not been there before. */
  readonly hadData: boolean;
}

/** Tears down and says so; fails when something of it is left. */
const leave = async (
  context: CommandContext,
  { stack, services, volumes, hadData }: LeaveOptions,
): Promise<Result<readonly PartName[]>> => {
  if (services.length === 0) return ok([]);
  const torn = await stack.tearDown({ services, volumes, hurry: context.interrupts.second });
  if (!torn.ok) {
    context.printer.failure(torn.error, { exitCode: EXIT.partial, readerOnly: true });
    return torn;
  }
  const data = volumes ? '; data removed' : hadData ? '; the data was there before this run, and stays' : '';
  remarkToReader(context, `  Stopped ${torn.value.join(', ') || 'nothing: nothing ran'}${data}`);
  return torn;
};

const remarkToReader = ({ settings, printer }: CommandContext, text: string): void => {
  if (settings.output === 'human' && settings.verbosity !== 'quiet') printer.remark(text);
};
