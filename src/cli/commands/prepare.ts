import { type PreparedPkcs12, type PreparedStack, prepareStack } from '#stack/prepare-stack.ts';
import type { PREPARE_FLAGS } from '#cli/settings/command-flags.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import { flagOf, type ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { PrepareDocument } from '#cli/documents/prepare.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { composeCommands } from '#cli/shell/compose-commands.ts';
import { shortPath } from '#cli/shell/words.ts';

type Context = CommandContext<ValuesOf<typeof PREPARE_FLAGS>>;

/** `passthru prepare`: certificates, secrets and configuration, for this CLI and for plain Compose, and nothing started. */
export const prepare = (call: CommandCall<undefined, typeof PREPARE_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted: the next run completes what is missing.', second: 'Interrupted again.' }, prepareFor, {
    startsStack: true,
  });

const prepareFor = async (context: Context): Promise<ExitCode> => {
  if (context.settings.profile === 'prod') return (await import('./prepare-prod.ts')).makeProd(context);
  refuseProdFlags(context);
  return make(context);
};

/** Flags that have no effect are refused: their author believes that they have one. */
const refuseProdFlags = ({ flags, settings }: Context): void => {
  const stated = Object.entries(flags).filter(([key, value]) => value !== undefined && value !== false && PROD_ONLY.includes(key));
  const [first] = stated;
  if (first === undefined) return;
  throw usageError(`${flagOf(first[0])} is for --profile prod, and this is ${settings.profile}`, {
    fix: 'Add --profile prod, or leave it out: with the other profiles, each run renews what ends soon.',
  });
};

const PROD_ONLY: readonly string[] = ['out', 'authority', 'issuer', 'renew'];

const make = async (context: Context): Promise<ExitCode> => {
  const { command, flags, printer, interrupts } = context;
  const result = await prepareStack({ ...stackOptions(context), holder: command, pkcs12: flags.pkcs12 });
  if (interrupts.first.aborted) return EXIT.interrupted;
  if (!result.ok) {
    printer.failure(result.error, { exitCode: EXIT.failed });
    return EXIT.failed;
  }
  printPrepared(context, result.value);
  return EXIT.passed;
};

const printPrepared = ({ command, settings, printer, process: { cwd } }: CommandContext, prepared: PreparedStack): void => {
  const { tls, caFile, pkcs12, compose } = prepared;
  const { chain, leaves, keyType, created } = tls;
  const folders = compose?.folders ?? [];
  const next = composeCommands(compose?.starts ?? [], cwd);
  const document: PrepareDocument = {
    version: 1,
    command,
    exit_code: EXIT.passed,
    created,
    chain: [...chain],
    leaves,
    key_type: keyType,
    ca_file: caFile,
    state_dir: settings.stateDir,
    pkcs12:
      pkcs12 === null
        ? null
        : { trust_store: pkcs12.trustStore.file, java_options: pkcs12.trustStore.javaOptions, key_stores: [...pkcs12.keyStores] },
    compose_secrets: [...folders],
    next: next.map((each) => each.command),
  };
  const lines = [
    `Certificates  ${created ? 'made' : 'kept, all valid'}: ${chain.join(' → ')} → ${leaves} leaves, ${keyType.startsWith('P-') ? `EC ${keyType}` : keyType}`,
    `CA            ${shortPath(caFile, cwd)}`,
    `State         ${shortPath(settings.stateDir, cwd)} (secrets are readable by you only)`,
    ...(pkcs12 === null ? [] : pkcs12Lines(pkcs12, cwd)),
    ...folders.map((folder, index) => `${index === 0 ? 'Compose' : '       '}       ${shortPath(folder, cwd)}`),
    ...(folders.length === 0
      ? []
      : ['              unseal shares and keys, which no command removes: the volumes of plain Compose need them']),
    ...next.flatMap(({ title, command: text }) => ['', `${title}:`, `  ${text}`]),
  ];
  const records = [
    { body: lines[0] ?? '', attributes: { 'passthru.created': created, 'passthru.leaves': leaves, 'passthru.key_type': keyType } },
  ];
  printer.result({ document, lines: settings.verbosity === 'quiet' ? [] : lines, records });
};

const pkcs12Lines = ({ trustStore, keyStores }: PreparedPkcs12, cwd: string): readonly string[] => [
  `PKCS#12       ${shortPath(trustStore.file, cwd)}, the root for Java: java @${shellWord(shortPath(trustStore.javaOptions, cwd))} …`,
  ...keyStores.map((file) => `              ${shortPath(file, cwd)}`),
  '              the password of each is in <file>.password',
];
