import { join } from 'node:path';
import type { PreparedTls } from '#engine/engine.ts';
import { portsOf } from '#engine/ports.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import type { Result } from '#infra/apperr/result.ts';
import { composeCommands } from '../compose-commands.ts';
import type { PrepareDocument } from '../documents.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { lockStack, openEngine, PACKAGE_ROOT } from '../open-engine.ts';
import { answer, tell, tellFailure } from '#cli/reporters/answer.ts';
import { shortPath } from '#cli/reporters/lines/summary.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';

export interface PrepareOptions {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru prepare`: certificates, secrets and configuration, for this CLI and for plain Compose, and nothing started. */
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

/** What was made, and for whom besides the CLI: the folders from which Compose mounts, null where Compose is of no concern. */
interface Prepared {
  readonly tls: PreparedTls;
  readonly folders: readonly string[] | null;
}

const make = async (session: Session): Promise<ExitCode> => {
  const { command, options, terminal, interrupts, surroundings } = session;
  const { now } = surroundings;
  await using _lock = await lockStack(session);
  const result = options.engine === 'embedded' ? await forEmbedded(session) : await forCompose(session);
  if (interrupts.first.aborted) return EXIT.interrupted;
  if (!result.ok) {
    const exitCode = EXIT.failed;
    tellFailure({ command, failure: result.error, fields: [], exitCode }, { terminal, output: options.output, now });
    return exitCode;
  }
  tellPrepared(session, result.value);
  return EXIT.passed;
};

const forEmbedded = async (session: Session): Promise<Result<Prepared>> => {
  await using engine = await openEngine(session);
  const result = await engine.prepare(session.interrupts.first);
  return result.ok ? { ok: true, value: { tls: result.value, folders: null } } : result;
};

/** Files for containers, beside the Compose files; no Docker engine is asked for anything. */
const forCompose = async ({ options, terminal, interrupts, surroundings }: Session): Promise<Result<Prepared>> => {
  const { prepareDeployments } = await import('#engine/files/mounts/prepare-deployments.ts');
  const result = await prepareDeployments({
    folder: stateFolder(options.stateDir),
    packageRoot: PACKAGE_ROOT,
    ports: portsOf({ portKms: options.ports.kms, portIdentity: options.ports.identity }),
    signal: interrupts.first,
    warn: (text) => tell(terminal, `! ${text}`),
    now: surroundings.now,
  });
  if (!result.ok) return result;
  const { tls, folders } = result.value;
  return { ok: true, value: { tls, folders: Object.values(folders) } };
};

const tellPrepared = ({ command, options, terminal, surroundings }: Session, { tls, folders }: Prepared): void => {
  const { cwd, now } = surroundings;
  const { chain, leaves, keyType, created } = tls;
  const caFile = join(stateFolder(options.stateDir).tls, 'ca.pem');
  const next = folders === null ? [] : composeCommands({ packageRoot: PACKAGE_ROOT, cwd, ports: options.ports });
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
    compose_secrets: [...(folders ?? [])],
    next: next.map((each) => each.command),
  };
  const lines = [
    `Certificates  ${created ? 'made' : 'kept, all valid'}: ${chain.join(' → ')} → ${leaves} leaves, ${keyType.startsWith('P-') ? `EC ${keyType}` : keyType}`,
    `CA            ${shortPath(caFile, cwd)}`,
    `State         ${shortPath(options.stateDir, cwd)} (secrets are readable by you only)`,
    ...(folders ?? []).map((folder, index) => `${index === 0 ? 'Compose' : '       '}       ${shortPath(folder, cwd)}`),
    ...next.flatMap(({ title, command: text }) => ['', `${title}:`, `  ${text}`]),
  ];
  const records = [
    { body: lines[0] ?? '', attributes: { 'passthru.created': created, 'passthru.leaves': leaves, 'passthru.key_type': keyType } },
  ];
  answer({ command, document, lines: options.verbosity === 'quiet' ? [] : lines, records }, { terminal, output: options.output, now });
};
