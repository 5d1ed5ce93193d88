import { type AddCommand, command } from '#cli/command-line/build-program.ts';
import { SNAPSHOT_LIST_HELP, SNAPSHOT_REMOVE_HELP, SNAPSHOT_RESTORE_HELP, SNAPSHOT_SAVE_HELP } from '#cli/command-line/help-texts.ts';
import { SNAPSHOT_REMOVE_FLAGS, SNAPSHOT_SAVE_FLAGS } from '#cli/settings/command-flags.ts';
import { text, textLike } from '#cli/settings/value-types.ts';
import { isSnapshotName, SNAPSHOT_NAME_FORM } from '#infra/magic/snapshot-name.ts';

const NAME = textLike(SNAPSHOT_NAME_FORM, 'name', isSnapshotName);
const NAME_OR_FOLDER = text('the name of a snapshot, or the path of its folder', 'snapshot');

/** `passthru snapshot …`, a row each. */
export const SNAPSHOT_COMMANDS: readonly AddCommand[] = [
  command({
    name: 'save',
    summary: 'save the data of the stack as they are at one moment',
    argument: { spelling: '<name>', help: 'a name for it', type: NAME },
    flags: SNAPSHOT_SAVE_FLAGS,
    settings: ['stack', 'output'],
    help: SNAPSHOT_SAVE_HELP,
    run: async (call) => (await import('./save.ts')).saveCommand(call),
  }),
  command({
    name: 'restore',
    summary: 'put the data of a snapshot in the place of those of the stack',
    argument: { spelling: '<snapshot>', help: 'its name, or the path of its folder', type: NAME_OR_FOLDER },
    settings: ['stack', 'output'],
    help: SNAPSHOT_RESTORE_HELP,
    run: async (call) => (await import('./restore.ts')).restoreCommand(call),
  }),
  command({
    name: 'list',
    summary: 'every snapshot with time, size, engine, profile, version and hash',
    settings: ['stack', 'output'],
    help: SNAPSHOT_LIST_HELP,
    run: async (call) => (await import('./list.ts')).listCommand(call),
  }),
  command({
    name: 'remove',
    summary: 'remove a snapshot',
    argument: { spelling: '[name]', help: 'its name', type: NAME },
    flags: SNAPSHOT_REMOVE_FLAGS,
    settings: ['stack', 'output'],
    help: SNAPSHOT_REMOVE_HELP,
    run: async (call) => (await import('./remove.ts')).removeCommand(call),
  }),
];
