import { type Engine, SERVICES, type ServiceName } from '#engine/engine.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openEngine } from '../open-engine.ts';
import { tell } from '#cli/reporters/answer.ts';
import { writeLogLine } from '#cli/reporters/lines/log-lines.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '#cli/options/usage-error.ts';

export interface LogsOptions {
  /** All services when not given. */
  readonly service?: ServiceName;
  readonly follow: boolean;
  /** As typed. */
  readonly tail?: string;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru logs`: the lines of one service as they are, or of all with the service before each. */
export const logs = ({ service, follow, tail, flags, surroundings }: LogsOptions): Promise<ExitCode> =>
  withSession(
    { command: 'logs', flags, surroundings, onInterrupt: { first: 'Stopped following.', second: 'Interrupted again.' } },
    async (session) => {
      const lines = tail === undefined ? undefined : tailCount(tail);
      await using engine = await openEngine(session, 'running');
      const signal = AbortSignal.any([session.interrupts.first, surroundings.outClosed]);
      const services = service === undefined ? SERVICES : [service];
      const one = (name: ServiceName) => print(session, engine, name, { tail: lines, follow, signal, named: service === undefined });
      // Followed together; else one after the other, so that each service's lines stay together.
      if (follow) await Promise.all(services.map(one));
      else for (const name of services) await one(name);
      return session.interrupts.first.aborted && !follow ? EXIT.interrupted : EXIT.passed;
    },
  );

const tailCount = (text: string): number => {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw usageError(`--tail must be a whole number of lines, not ${JSON.stringify(text)}`, { fix: 'Use --tail 100, for example.' });
};

const print = async (
  { terminal, options, surroundings }: Session,
  engine: Engine,
  service: ServiceName,
  { tail, follow, signal, named }: { tail: number | undefined; follow: boolean; signal: AbortSignal; named: boolean },
): Promise<void> => {
  const lines = engine.logs(service, { follow, signal, ...(tail === undefined ? {} : { tail }) });
  let isEmpty = true;
  for await (const line of lines) {
    if (signal.aborted) return;
    isEmpty = false;
    writeLogLine(line, { terminal, output: options.output, service, named, now: surroundings.now });
  }
  // Silence could as well be a wrong --state-dir.
  if (isEmpty) tell(terminal, `${service} has logged nothing in ${options.stateDir}`);
};
