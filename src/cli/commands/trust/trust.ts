import { lookAtTrust, rootOfStack, trustRoot } from '#stack/trust/trust-of-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import type { TrustDocument } from '#cli/documents/trust.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { TRUST_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { trustCommands } from './trust-commands.ts';
import { exitCodeOf, outcomeRecord, trustOptions } from './trust-context.ts';
import { outcomeDocument, outcomeLines, programLines, rootLines } from './trust-lines.ts';

/** `passthru trust`: how each program learns to trust the CA of this state folder; with `--install` it is set where that is possible. */
export const trust = (call: CommandCall<undefined, typeof TRUST_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted: the next run completes what is missing.', second: 'Interrupted again.' }, tell);

const tell = async (context: CommandContext<ValuesOf<typeof TRUST_FLAGS>>): Promise<ExitCode> => {
  const { command, settings, flags, printer, printedCommand, process } = context;
  const options = trustOptions(context);
  const root = await rootOfStack(settings.stateDir);
  const outcomes = await (flags.install ? trustRoot(root, options) : lookAtTrust(root, options));
  const exitCode = flags.install ? exitCodeOf(outcomes) : EXIT.passed;
  const programs = trustCommands({
    caFile: root.file,
    javaOptions: root.file.replace(/\.pem$/, '.p12.java-options'),
    address: `https://localhost:${settings.portKms}/readyz`,
    printedCommand,
  });
  const document: TrustDocument = {
    version: 1,
    command,
    exit_code: exitCode,
    ca_file: root.file,
    fingerprint_sha256: root.fingerprint,
    not_after: new Date(root.endsAt).toISOString(),
    permitted: root.permitted === null ? null : [...root.permitted],
    stores: outcomes.map(outcomeDocument),
    programs: programs.map((each) => ({ ...each, commands: [...each.commands] })),
  };
  const isSettable = outcomes.some(({ state }) => state === 'absent');
  const lines = [
    ...rootLines(root, process.cwd),
    '',
    ...outcomes.flatMap((outcome) => outcomeLines(outcome, process.cwd, printedCommand)),
    ...(isSettable && !flags.install ? ['', `\`${printedCommand('trust --install')}\` sets it there.`] : []),
    ...(flags.install ? [] : ['', 'Programs that are told by themselves:', ...programs.flatMap(programLines)]),
  ];
  printer.result({ document, lines, records: outcomes.map(outcomeRecord) });
  return exitCode;
};
