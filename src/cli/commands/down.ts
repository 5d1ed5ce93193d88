import type { PartName } from '#engine/engine.ts';
import type { DownDocument } from '../documents.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { lockStack, openEngine, openLeftover } from '../open-engine.ts';
import { answer, tellFailure } from '#cli/reporters/answer.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';
import { tearDown } from '../tear-down.ts';

export interface DownOptions {
  readonly volumes: boolean;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru down`: stops what runs; nothing running is success, too. */
export const down = ({ volumes, flags, surroundings }: DownOptions): Promise<ExitCode> =>
  withSession(
    {
      command: 'down',
      flags,
      surroundings,
      onInterrupt: {
        first: 'Already stopping; Ctrl-C again kills what still runs.',
        second: 'Interrupted again: killing what still runs instead of letting it finish.',
      },
    },
    (session) => stop(session, volumes),
  );

const stop = async (session: Session, volumes: boolean): Promise<ExitCode> => {
  const { command, options, terminal, surroundings } = session;
  const output = options.output;
  await using _lock = await lockStack(session);
  await using engine = await openEngine(session, volumes ? 'remove' : 'find');
  await using leftover = volumes ? await openLeftover(session, engine) : null;
  const stopped: PartName[] = [];
  for (const each of leftover === null ? [engine] : [engine, leftover]) {
    const torn = await tearDown({ session, engine: each, volumes });
    stopped.push(...torn.stopped);
    if (torn.error === null) continue;
    tellFailure({ command, failure: torn.error, fields: [], exitCode: EXIT.failed }, { terminal, output, now: surroundings.now });
    return EXIT.failed;
  }
  const document: DownDocument = { version: 1, command, exit_code: EXIT.passed, stopped, volumes_removed: volumes };
  const said = `${stopped.length === 0 ? 'Nothing ran' : `Stopped ${stopped.join(', ')}`}${volumes ? '; data removed' : ''}`;
  const lines = options.verbosity === 'quiet' ? [] : [said];
  const records = [{ body: said, attributes: { 'passthru.stopped': stopped.join(','), 'passthru.volumes_removed': volumes } }];
  answer({ command, document, lines, records }, { terminal, output, now: surroundings.now });
  return EXIT.passed;
};
