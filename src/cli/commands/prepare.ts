import type { PrepareDocument } from '../documents.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { lockStack, openEngine } from '../open-engine.ts';
import { answer, tellFailure } from '#cli/reporters/answer.ts';
import { shortPath } from '#cli/reporters/lines/summary.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';

export interface PrepareOptions {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru prepare`: certificates, secrets and configuration, and nothing started. */
export const prepare = ({ flags, surroundings }: PrepareOptions): Promise<ExitCode> =>
  withSession(
    {
      command: 'prepare',
      flags,
      surroundings,
      onInterrupt: { first: 'Interrupted: the next run completes what is missing.', second: 'Interrupted again.' },
    },
    make,
  );

const make = async (session: Session): Promise<ExitCode> => {
  const { command, options, terminal, interrupts, surroundings } = session;
  const { cwd, now } = surroundings;
  const output = options.output;
  await using engine = await openEngine(session);
  await using _lock = await lockStack(session);
  const result = await engine.prepare(interrupts.first);
  if (interrupts.first.aborted) return EXIT.interrupted;
  if (!result.ok) {
    tellFailure({ command, failure: result.error, fields: [], exitCode: EXIT.failed }, { terminal, output, now });
    return EXIT.failed;
  }
  const { chain, leaves, keyType, created } = result.value;
  const { caFile } = engine.endpoints();
  const document: PrepareDocument = {
    version: 1,
    command,
    exit_code: EXIT.passed,
    created,
    chain: [...chain],
    leaves,
    key_type: keyType,
    ca_file: caFile,
    state_dir: options.stateDir,
  };
  const lines = [
    `Certificates  ${created ? 'made' : 'kept, all valid'}: ${chain.join(' → ')} → ${leaves} leaves, ${keyType.startsWith('P-') ? `EC ${keyType}` : keyType}`,
    `CA            ${shortPath(caFile, cwd)}`,
    `State         ${shortPath(options.stateDir, cwd)} (secrets are readable by you only)`,
  ];
  const records = [
    { body: lines[0] ?? '', attributes: { 'passthru.created': created, 'passthru.leaves': leaves, 'passthru.key_type': keyType } },
  ];
  answer({ command, document, lines: options.verbosity === 'quiet' ? [] : lines, records }, { terminal, output, now });
  return EXIT.passed;
};
