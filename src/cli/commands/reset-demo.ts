import type { DemoCommand } from '#demo/plan.ts';
import { resetDemo } from '#demo/reset.ts';
import type { Engine, Profile } from '#engine/engine.ts';
import { readStackRecord } from '#cli/engine/stack-record.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { lockStack, openEngine } from '../open-engine.ts';
import type { Options } from '../options.ts';
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
  const { options, interrupts, surroundings, terminal } = session;
  await using _lock = await lockStack(session);
  await using engine = await openEngine(session, 'find');
  const before = await tenantsOf(engine);
  using reporter = await createReporter(session);
  const outcome = await resetDemo({
    target: what,
    profile: await stackProfile(engine, options),
    engine,
    emit: reporter.emit,
    signal: interrupts.first,
    now: surroundings.now,
    healthTimeoutMs: options.healthTimeoutMs,
  });
  const after = await tenantsOf(engine);
  reporter.result(await reportOf(outcome, engine), { access: false });
  if (options.output === 'human') {
    const rows = Object.entries(after).map(([tenant, id]) => ({ tenant, old: before[tenant] ?? 'none', id }));
    for (const line of tenantLines(rows)) terminal.out.write(`${line}\n`);
  }
  return interrupts.first.aborted ? EXIT.interrupted : outcome.exitCode;
};

/** The profile that the stack was brought up with, where a start on Docker left word of it; else the one of the options. */
export const stackProfile = async (
  { kind }: Pick<Engine, 'kind'>,
  { stateDir, profile }: Pick<Options, 'stateDir' | 'profile'>,
): Promise<Profile> => {
  const record = kind === 'docker' ? await readStackRecord(stateDir) : null;
  return record === null || record === 'damaged' ? profile : record.profile;
};
