import { listSnapshots } from '#stack/snapshot/store.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import type { SnapshotListDocument } from '#cli/documents/snapshot.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { snapshotLines } from '#cli/reporters/lines/snapshot-lines.ts';
import { memberOf } from './snapshot-member.ts';

/** `passthru snapshot list`: no engine is asked, and no lock is taken. */
export const listCommand = (call: CommandCall): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, list);

const list = async ({ command, settings, terminal, printer, printedCommand }: CommandContext): Promise<ExitCode> => {
  const all = await listSnapshots(settings.stateDir);
  const snapshots = all.flatMap((each) => ('damaged' in each ? [] : [memberOf(each)]));
  const damaged = all.flatMap((each) => ('damaged' in each ? [each.name] : []));
  const document: SnapshotListDocument = { version: 1, command, exit_code: EXIT.passed, snapshots, damaged };
  const lines =
    all.length === 0
      ? [`There are no snapshots: \`${printedCommand('snapshot save <name>')}\` makes one.`]
      : snapshotLines(snapshots, damaged, { paint: terminal.paintOut });
  const records = snapshots.map(({ name, hash }) => ({
    body: `snapshot ${name}`,
    attributes: { 'passthru.snapshot': name, 'passthru.snapshot.hash': hash },
  }));
  printer.result({ document, lines: settings.verbosity === 'quiet' ? all.map(({ name }) => name ?? '') : lines, records });
  return EXIT.passed;
};
