import { DRILL_NAMES } from '#infra/magic/drill-names.ts';
import { command } from '#cli/command-line/build-program.ts';
import { DRILL_HELP } from '#cli/command-line/help-texts.ts';
import { DRILL_FLAGS } from '#cli/settings/command-flags.ts';
import { manyOf } from '#cli/settings/value-types.ts';

const DRILLS = manyOf(DRILL_NAMES, 'drill');

/** `list` is a word of other commands, and a flag here. */
const NAMES: typeof DRILLS & { readonly choices: typeof DRILL_NAMES } = {
  ...DRILLS,
  choices: DRILL_NAMES,
  fixOf: (raw) => ([raw].flat().includes('list') ? 'Did you mean --list?' : DRILLS.fixOf?.(raw)),
};

/** `passthru drill`. */
export const DRILL_COMMAND = command({
  name: 'drill',
  summary: 'fault drills on a running stack: each breaks one thing for real and proves what must hold',
  argument: { spelling: '[name...]', help: 'drills to run; all of them where none is named', type: NAMES },
  flags: DRILL_FLAGS,
  settings: ['stack', 'output', 'run'],
  help: DRILL_HELP,
  run: async (call) => (await import('./drill.ts')).drill(call),
});
