import type { Emit } from '#demo/events.ts';
import { resetDemo } from '#demo/reset.ts';
import type { DemoCommand } from '#demo/step/step.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { lockStack, openEngine } from '../open-engine.ts';
import { reportOf, tenantsOf } from '../report-of.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import { tenantLines } from '#cli/reporters/lines/tenant-lines.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';

export interface ResetOptions {
  readonly what: DemoCommand;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru reset-demo`: the demo data of running servers back to the seed, under new tenant ids, or left as it was. */
export const resetDemoData = ({ what, flags, surroundings }: ResetOptions): Promise<ExitCode> =>
  withSession(
    {
      command: `reset-demo ${what}`,
      flags,
      surroundings,
      onInterrupt: {
        first: 'Interrupted: bringing the old demo data back. Ctrl-C again skips that.',
        second: 'Interrupted again: the next reset or demo finishes what is half done.',
      },
    },
    (session) => reset(session, what),
  );

const reset = async (session: Session, what: DemoCommand): Promise<ExitCode> => {
  const { options, interrupts, terminal } = session;
  using reporter = await createReporter(session);
  const { report, tenants } = await onStack(session, what, reporter.emit);
  // The stack is let go of and nothing waits any more: no signal and no failure can part the exit code from what the report says.
  const exitCode = interrupts.first.aborted ? EXIT.interrupted : (report.exit_code as ExitCode);
  reporter.result({ ...report, exit_code: exitCode }, { access: false });
  if (options.output === 'human') for (const line of tenantLines(tenants)) terminal.out.write(`${line}\n`);
  return exitCode;
};

/** All of a reset that needs the lock and the engine. */
const onStack = async (session: Session, what: DemoCommand, emit: Emit) => {
  const { options, interrupts, surroundings } = session;
  await using _lock = await lockStack(session);
  await using engine = await openEngine(session, 'find');
  const before = await tenantsOf(engine);
  const outcome = await resetDemo({
    target: what,
    engine,
    emit,
    signal: interrupts.first,
    now: surroundings.now,
    healthTimeoutMs: options.healthTimeoutMs,
  });
  const after = await tenantsOf(engine);
  const tenants = Object.entries(after).map(([tenant, id]) => ({ tenant, old: before[tenant] ?? 'none', id }));
  return { report: await reportOf(outcome, engine), tenants };
};
