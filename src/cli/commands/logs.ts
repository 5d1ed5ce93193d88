import type { Engine, PartName } from '#engine/engine.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openEngine } from '../open-engine.ts';
import { tell } from '#cli/reporters/answer.ts';
import { writeLogLine } from '#cli/reporters/lines/log-lines.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '#cli/options/usage-error.ts';

export interface LogsOptions {
  /** Every part of the stack when not given. */
  readonly part?: PartName;
  readonly follow: boolean;
  /** As typed. */
  readonly tail?: string;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru logs`: the lines of one part as they are, or of all with the name before each. */
export const logs = ({ part, follow, tail, flags, surroundings }: LogsOptions): Promise<ExitCode> =>
  withSession(
    { command: 'logs', flags, surroundings, onInterrupt: { first: 'Stopped following.', second: 'Interrupted again.' } },
    async (session) => {
      const lines = tail === undefined ? undefined : tailCount(tail);
      await using engine = await openEngine(session, 'find');
      const signal = AbortSignal.any([session.interrupts.first, surroundings.outClosed]);
      if (part !== undefined && !engine.parts.includes(part)) throw unknownPart(engine, part);
      const parts = part === undefined ? engine.parts : [part];
      const nameColumns = part === undefined ? Math.max(...parts.map((name) => name.length)) : 0;
      const one = (name: PartName) => print(session, engine, name, { tail: lines, follow, signal, nameColumns });
      // Followed together; else one after the other, so that each part's lines stay together.
      if (follow) await Promise.all(parts.map(one));
      else for (const name of parts) await one(name);
      return session.interrupts.first.aborted && !follow ? EXIT.interrupted : EXIT.passed;
    },
  );

const tailCount = (text: string): number => {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw usageError(`--tail must be a whole number of lines, not ${JSON.stringify(text)}`, { fix: 'Use --tail 100, for example.' });
};

const unknownPart = ({ kind, parts }: Engine, part: PartName) =>
  usageError(`the ${kind} engine runs no ${part}`, { fix: `It runs ${parts.join(', ')}.` });

const print = async (
  { terminal, options, surroundings }: Session,
  engine: Engine,
  part: PartName,
  { tail, follow, signal, nameColumns }: { tail: number | undefined; follow: boolean; signal: AbortSignal; nameColumns: number },
): Promise<void> => {
  const lines = engine.logs(part, { follow, signal, ...(tail === undefined ? {} : { tail }) });
  let isEmpty = true;
  for await (const line of lines) {
    if (signal.aborted) return;
    isEmpty = false;
    writeLogLine(line, { terminal, output: options.output, service: part, nameColumns, now: surroundings.now });
  }
  // Silence could as well be a wrong --state-dir.
  if (isEmpty) tell(terminal, `${part} has logged nothing in ${options.stateDir}`);
};
