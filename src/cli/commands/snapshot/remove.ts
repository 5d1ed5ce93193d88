import { lockStateFolder } from '#stack/lock.ts';
import { listSnapshots, removeSnapshot } from '#stack/snapshot/store.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import type { SnapshotRemoveDocument } from '#cli/documents/snapshot.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { SNAPSHOT_REMOVE_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';

type Flags = typeof SNAPSHOT_REMOVE_FLAGS;

/** `passthru snapshot remove`: one by its name, or all. */
export const removeCommand = (call: CommandCall<string | undefined, Flags>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, (context) => remove(context, call.argument));

const remove = async (context: CommandContext<ValuesOf<Flags>>, name: string | undefined): Promise<ExitCode> => {
  const { command, flags, settings, printer, process } = context;
  if ((name === undefined) !== flags.all) {
    throw usageError('name one snapshot, or all of them', {
      fix: 'Use `passthru snapshot remove <name>` or `passthru snapshot remove --all`.',
    });
  }
  const { stateDir } = settings;
  const warn = (text: string): void => printer.remark(`! ${text}`);
  await using _lock = await lockStateFolder({ stateDir, holder: command, now: process.now, warn });
  const removed = name === undefined ? (await listSnapshots(stateDir)).map((each) => each.name ?? '') : [name];
  for (const each of removed) await removeSnapshot(stateDir, each);
  const document: SnapshotRemoveDocument = { version: 1, command, exit_code: EXIT.passed, removed };
  const lines = [removed.length === 0 ? 'There were no snapshots' : `Removed  ${removed.join(', ')}`];
  const records = removed.map((each) => ({ body: `removed snapshot ${each}`, attributes: { 'passthru.snapshot': each } }));
  printer.result({ document, lines: settings.verbosity === 'quiet' ? [] : lines, records });
  return EXIT.passed;
};
