import type { Emit } from '#demo/events.ts';
import { plan as planOf } from '#demo/plan.ts';
import type { Report } from '#demo/report.ts';
import { run } from '#demo/run.ts';
import type { DemoCommand } from '#demo/step/step.ts';
import type { Engine, PartName, ServiceName } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { lockStack, openEngine, recordStart } from '../open-engine.ts';
import { tell, tellFailure } from '#cli/reporters/answer.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import type { ResultOptions } from '#cli/reporters/reporter.ts';
import { reportOf } from '../report-of.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';
import { tearDown, type TearDownOptions } from '../tear-down.ts';
import { usageError } from '#cli/options/usage-error.ts';

export interface DemoOptions {
  readonly what: DemoCommand;
  /** By setting key. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru demo`: brings the stack up, runs every step, reports, and tears down where that was asked for. */
export const demo = ({ what, flags, surroundings }: DemoOptions): Promise<ExitCode> =>
  withSession(
    {
      command: `demo ${what}`,
      flags,
      surroundings,
      onInterrupt: {
        first: 'Interrupted: stopping what this run started. Ctrl-C again kills it.',
        second: 'Interrupted again: killing what still runs instead of letting it finish.',
      },
    },
    (session) => runDemo(session, what),
  );

const runDemo = async (session: Session, what: DemoCommand): Promise<ExitCode> => {
  const { options, interrupts } = session;
  if (options.profile === 'prod') throw noDemoInProduction();
  using reporter = await createReporter(session);
  const { report, exitCode: ran, shown } = await onStack(session, what, reporter.emit);
  // The stack is let go of and nothing waits any more: no signal and no failure can part the exit code from what the report says.
  const exitCode = interrupts.first.aborted ? EXIT.interrupted : ran;
  reporter.result({ ...report, exit_code: exitCode }, shown);
  return exitCode;
};

interface Ran {
  readonly report: Report;
  /** Of the steps and of the teardown. */
  readonly exitCode: ExitCode;
  readonly shown: ResultOptions;
}

/** All of a demo that needs the lock and the engine. */
const onStack = async (session: Session, what: DemoCommand, emit: Emit): Promise<Ran> => {
  const { options, interrupts, surroundings, terminal } = session;
  const plan = planOf({ command: what, profile: options.profile });
  await using _lock = await lockStack(session);
  await using engine = await openEngine(session);
  await refuseTakenPorts(engine, plan.services);
  const before = await runningParts(engine);
  // Only the ci profile is ephemeral, and only with what it made: dev and demo find their data again.
  const isEphemeral = options.rm && options.profile === 'ci';
  const hadData = isEphemeral && (await engine.hasData());
  const volumes = isEphemeral && !hadData;
  await recordStart(session, engine);

  const outcome = await run(plan, {
    engine,
    emit,
    signal: interrupts.first,
    now: surroundings.now,
    failFast: options.failFast,
    retry: { times: options.retry.count, delayMs: options.retry.delayMs, backoff: options.retry.backoff },
    healthTimeoutMs: options.healthTimeoutMs,
  });

  const own = plan.services.filter((service) => !before.includes(service));
  const services = interrupts.first.aborted || (outcome.outcome !== 'passed' && options.onPartial === 'cleanup') ? own : [];
  const leaving = options.rm ? plan.services : services;
  const tidy = await leave({ session, engine, services: leaving, volumes, hadData });
  const isInterrupted = interrupts.first.aborted;
  if (isInterrupted && leaving.length === 0 && options.output === 'human' && options.verbosity !== 'quiet')
    tell(terminal, '  The stack was up before this run and stays up');
  return {
    report: await reportOf(outcome, engine),
    exitCode: tidy ? outcome.exitCode : (Math.max(outcome.exitCode, EXIT.partial) as ExitCode),
    shown: { access: leaving.length === 0, next: (isInterrupted || outcome.rootCause !== null) && !options.rm },
  };
};

const noDemoInProduction = () =>
  usageError('the prod profile seeds no demo data, so there is nothing for a demo to show', {
    fix: 'Use --profile demo; docs/production.md tells how to run the prod profile with Compose.',
  });

interface LeaveOptions extends TearDownOptions {
  readonly session: Session;
  /** Data that would have gone, had it not been there before. */
  readonly hadData: boolean;
}

/** Tears down and says so; true when nothing of it is left. */
const leave = async ({ session, engine, services, volumes, hadData }: LeaveOptions): Promise<boolean> => {
  const { command, options, terminal, surroundings } = session;
  if (services?.length === 0) return true;
  const { stopped, error } = await tearDown({ session, engine, services, volumes });
  if (error !== null) {
    tellFailure({ command, failure: error, fields: [], exitCode: EXIT.partial }, { terminal, output: 'human', now: surroundings.now });
  } else if (options.output === 'human' && options.verbosity !== 'quiet') {
    const data = volumes ? '; data removed' : hadData ? '; the data was there before this run, and stays' : '';
    tell(terminal, `  Stopped ${stopped.join(', ') || 'nothing: nothing ran'}${data}`);
  }
  return error === null;
};

const refuseTakenPorts = async (engine: Engine, services: readonly ServiceName[]): Promise<void> => {
  const taken = await engine.portConflicts(services);
  if (taken.length === 0) return;
  const named = taken.map(({ port, service, holder }) => `port ${port} of ${service} is held by ${holder}`);
  throw new AppError('port-taken', 409, named.join('; '), {
    fix: 'Stop the holder, or choose other ports with --port-kms and --port-identity.',
  });
};

const runningParts = async (engine: Engine): Promise<readonly PartName[]> =>
  (await engine.status()).filter(({ state }) => state === 'running' || state === 'starting').map(({ service }) => service);
