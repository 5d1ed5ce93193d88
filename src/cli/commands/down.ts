import { basename, isAbsolute } from 'node:path';
import { ok } from '#infra/apperr/result.ts';
import { composeSecrets } from '#stack/compose-secrets.ts';
import { trustedFor } from '#stack/trust/trust-of-stack.ts';
import { openStack } from '#stack/open-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { DownDocument } from '#cli/documents/down.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { shortPath } from '#cli/shell/words.ts';
import type { DOWN_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';

/** `passthru down`: stops what runs, removes what it was told to, and says what stays; nothing running is success, too. */
export const down = (call: CommandCall<undefined, typeof DOWN_FLAGS>): Promise<ExitCode> =>
  runCommand(
    call,
    {
      first: 'Already stopping; Ctrl-C again kills what still runs.',
      second: 'Interrupted again: killing what still runs instead of letting it finish.',
    },
    stop,
  );

const stop = async (context: CommandContext<ValuesOf<typeof DOWN_FLAGS>>): Promise<ExitCode> => {
  const { command, settings, flags, printer, interrupts, process } = context;
  const { volumes, images } = flags;
  const purpose = volumes || images ? 'remove' : 'find';
  await using stack = await openStack({ ...stackOptions(context), purpose, holder: command });
  const before = volumes ? await stack.contents() : [];
  const torn = await stack.tearDown({ volumes, hurry: interrupts.second });
  if (!torn.ok) {
    printer.failure(torn.error, { exitCode: EXIT.failed });
    return EXIT.failed;
  }
  const after = volumes ? await stack.contents() : [];
  const unbuilt = images ? await stack.removeImages() : ok({ removed: [], kept: [] });
  if (!unbuilt.ok) {
    printer.failure(unbuilt.error, { exitCode: EXIT.failed });
    return EXIT.failed;
  }
  const stopped = [...torn.value];
  const stays = !volumes && (await stack.engine.hasData());
  const gone = before.filter((thing) => !after.includes(thing));
  const removed = [...gone, ...unbuilt.value.removed];
  const kept = [...(volumes ? await staying(after, context) : []), ...unbuilt.value.kept];
  const document: DownDocument = { version: 1, command, exit_code: EXIT.passed, stopped, volumes_removed: volumes, removed, kept };
  const said = [
    stopped.length === 0 ? 'Nothing ran' : `Stopped ${stopped.join(', ')}`,
    ...(volumes ? [gone.length === 0 ? 'there was no data' : 'data removed'] : []),
    ...(stays ? ['data stay, --volumes removes them'] : []),
    ...(images ? [imagesLine(unbuilt.value.removed)] : []),
  ].join('; ');
  const lines = [said, ...kept.map(({ what, why }) => `Stays  ${isAbsolute(what) ? shortPath(what, process.cwd) : what}: ${why}`)];
  const records = [{ body: said, attributes: { 'passthru.stopped': stopped.join(','), 'passthru.volumes_removed': volumes } }];
  printer.result({ document, lines: settings.verbosity === 'quiet' ? [] : lines, records });
  return EXIT.passed;
};

const imagesLine = (removed: readonly string[]): string => (removed.length === 0 ? 'no image removed' : `${removed.join(', ')} removed`);

/** What stays though data was to go, and why. */
const staying = async (
  after: readonly string[],
  { settings: { stateDir }, printedCommand, process: { home, env } }: CommandContext,
): Promise<DownDocument['kept']> => {
  const [secrets, trusted] = await Promise.all([composeSecrets(), home === null ? [] : trustedFor({ stateDir, home, env })]);
  return [
    ...after.map((what) => ({ what, why: whyThere(what, printedCommand) })),
    ...trusted.map(({ path: what }) => ({
      what,
      why: `a CA of this stack is trusted there; \`${printedCommand('untrust')}\` takes it back`,
    })),
    ...secrets.map((what) => ({
      what,
      why: 'unseal shares and keys for plain Compose, whose volumes need them; remove the folder when those are gone',
    })),
  ];
};

const whyThere = (what: string, printedCommand: CommandContext['printedCommand']): string => {
  switch (basename(what)) {
    case 'docker':
      return 'the stack of this folder on Docker needs it';
    case 'snapshots':
      return `snapshots stay until \`${printedCommand('snapshot remove --all')}\``;
    default:
      return 'this program did not put it there';
  }
};
