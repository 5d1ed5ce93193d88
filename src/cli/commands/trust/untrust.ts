import { untrustRoot } from '#stack/trust/trust-of-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import type { UntrustDocument } from '#cli/documents/untrust.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { UNTRUST_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { exitCodeOf, outcomeRecord, trustOptions } from './trust-context.ts';
import { outcomeDocument, outcomeLines } from './trust-lines.ts';

/** `passthru untrust`: takes back what `trust --install` set for this state folder, and nothing else; nothing to take back is success, too. */
export const untrust = (call: CommandCall<undefined, typeof UNTRUST_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted: the next run takes back the rest.', second: 'Interrupted again.' }, takeBack);

const takeBack = async (context: CommandContext<ValuesOf<typeof UNTRUST_FLAGS>>): Promise<ExitCode> => {
  const { command, printer, printedCommand, process } = context;
  const outcomes = await untrustRoot(trustOptions(context));
  const exitCode = exitCodeOf(outcomes);
  const document: UntrustDocument = { version: 1, command, exit_code: exitCode, stores: outcomes.map(outcomeDocument) };
  const lines =
    outcomes.length === 0
      ? ['Nothing to take back: no store holds a CA of this state folder that this program put there.']
      : outcomes.flatMap((outcome) => outcomeLines(outcome, process.cwd, printedCommand));
  printer.result({ document, lines, records: outcomes.map(outcomeRecord) });
  return exitCode;
};
