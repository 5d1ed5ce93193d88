import { examine, type Examined } from '#stack/doctor/examine.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { DoctorDocument } from '#cli/documents/doctor.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { doctorLines } from '#cli/reporters/lines/doctor-lines.ts';
import { withPrintedCommands } from '#cli/settings/printed-fixes.ts';

/** `passthru doctor`: exit code 1 where a demo would fail. */
export const doctor = (call: CommandCall): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, look, { startsStack: true, tellsOfFolder: true });

const look = async (context: CommandContext): Promise<ExitCode> => {
  const { command, settings, terminal, printer, printedCommand, interrupts } = context;
  const found = withPrintedCommands(await examine(stackOptions(context)), printedCommand);
  if (interrupts.first.aborted) return EXIT.interrupted;
  const exitCode = found.some(({ finding }) => finding.result === 'fault') ? EXIT.partial : EXIT.passed;
  const document: DoctorDocument = { version: 1, command, exit_code: exitCode, checks: found.map(memberOf) };
  const records = found.map(({ id, finding }) => ({
    body: finding.text,
    failed: finding.result === 'fault',
    attributes: { 'passthru.check': id, 'passthru.check.result': finding.result, 'passthru.error.fix': fixOf(finding) },
  }));
  // A pipe has no edge to break a line at, and grep wants it whole.
  const width = terminal.out.isTTY === true ? terminal.width : Number.POSITIVE_INFINITY;
  const lines = doctorLines(found, { paint: terminal.paintOut, width, onlyBad: settings.verbosity === 'quiet' });
  printer.result({ document, lines, records });
  return exitCode;
};

const fixOf = (finding: Examined['finding']): string => ('fix' in finding ? finding.fix : '');

const memberOf = ({ id, title, finding }: Examined): DoctorDocument['checks'][number] => ({
  id,
  title,
  result: finding.result,
  text: finding.text,
  fix: fixOf(finding),
});
