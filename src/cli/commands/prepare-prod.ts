import type { CommandContext } from '#cli/context/command-context.ts';
import type { PrepareProdDocument } from '#cli/documents/prepare-prod.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { PREPARE_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { prodCommand } from '#cli/shell/compose-commands.ts';
import { shortPath } from '#cli/shell/words.ts';
import { type PreparedProdStack, prepareProdStack } from '#stack/prepare-prod-stack.ts';

type Context = CommandContext<ValuesOf<typeof PREPARE_FLAGS>>;

/** `passthru prepare --profile prod`: what docs/production.md starts with. Nothing that is there is overwritten. */
export const makeProd = async (context: Context): Promise<ExitCode> => {
  const { command, settings, flags, printer, interrupts, process } = context;
  const target = flags.out;
  if (flags.pkcs12) {
    throw usageError('--pkcs12 is for the stack of a state folder, and this is prod', {
      fix: 'Leave it out; `openssl pkcs12 -export` makes such a file of an operator certificate.',
    });
  }
  if (target === undefined) {
    throw usageError('--profile prod needs --out', {
      fix: 'Name the folder that containers shall mount from, for example --out /srv/passthru.',
    });
  }
  const result = await prepareProdStack({
    target,
    authority: flags.authority,
    issuer: flags.issuer,
    hosts: settings.host ?? [],
    renew: flags.renew,
    holder: command,
    signal: interrupts.first,
    warn: (text) => printer.remark(`! ${text}`),
    now: process.now,
  });
  if (interrupts.first.aborted) return EXIT.interrupted;
  if (!result.ok) {
    printer.failure(result.error, { exitCode: EXIT.failed });
    return EXIT.failed;
  }
  printProd(context, target, result.value);
  return EXIT.passed;
};

const printProd = ({ command, settings, printer, process: { cwd } }: Context, folder: string, prepared: PreparedProdStack): void => {
  const { issuer, certificates, caFile, authority } = prepared;
  const withFate = (fate: string) => prepared.files.filter((each) => each.fate === fate).map(({ file }) => file);
  const [made, renewed, kept] = [withFate('made'), withFate('renewed'), withFate('kept')];
  const next = prodCommand(prepared, cwd);
  const document: PrepareProdDocument = {
    version: 1,
    command,
    exit_code: EXIT.passed,
    folder,
    issuer,
    made,
    renewed,
    kept,
    certificates: certificates.map(({ file, names, endsAt, state, lacks, isOurs }) => ({
      file,
      names: [...names],
      not_after: new Date(endsAt).toISOString(),
      state,
      lacks: [...lacks],
      own_authority: isOurs,
    })),
    ca_file: caFile,
    authority_dir: authority,
    next: [next],
  };
  const lines = [
    ...fateLines('Made', made),
    ...fateLines('Renewed', renewed),
    ...(kept.length === prepared.files.length ? [`Kept          all ${kept.length} files: nothing was missing`] : fateLines('Kept', kept)),
    ...certificateLines(prepared),
    `Issuer        ${issuer}`,
    `CA            ${shortPath(caFile, cwd)}`,
    `Authority     ${shortPath(authority, cwd)}: keys of the CA and all unseal shares; keep it off this machine`,
    '',
    'Start, once the images are built:',
    `  ${next}`,
  ];
  printer.result({ document, lines: settings.verbosity === 'quiet' ? [] : lines, records: [{ body: lines[0] ?? '', attributes: {} }] });
};

const fateLines = (title: string, files: readonly string[]): readonly string[] => {
  const [first, ...others] = foldersOf(files).map(([folder, names]) => `${folder}: ${names.join(', ')}`);
  return first === undefined ? [] : [`${title.padEnd(14)}${first}`, ...others.map((line) => ' '.repeat(14) + line)];
};

const foldersOf = (files: readonly string[]): readonly (readonly [string, readonly string[]])[] => {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const [folder, name] = [file.slice(0, file.lastIndexOf('/')), file.slice(file.lastIndexOf('/') + 1)];
    folders.set(folder, [...(folders.get(folder) ?? []), name]);
  }
  return [...folders];
};

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** When the certificates end, and each of which an operator must do something about. */
const certificateLines = ({ certificates }: PreparedProdStack): readonly string[] => {
  const first = Math.min(...certificates.map(({ endsAt }) => endsAt));
  const flawed = certificates.filter(({ state, lacks }) => state !== 'good' || lacks.length > 0);
  return [
    `Certificates  ${certificates.length}, the first ends on ${day(first)}`,
    ...flawed.map(({ file, endsAt, state, lacks, isOurs }) => {
      const faults = [
        ...(state === 'good' ? [] : [`${state === 'ended' ? 'ended' : 'ends'} on ${day(endsAt)}`]),
        ...(lacks.length === 0 ? [] : [`is not valid for ${lacks.join(', ')}`]),
      ].join(' and ');
      const fix = isOurs === false ? 'replace it where it came from' : 'run this command with --renew';
      return `${' '.repeat(14)}${file} ${faults}: ${fix}`;
    }),
  ];
};
