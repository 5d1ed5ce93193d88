import { openStack } from '#stack/open-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { DownDocument } from '#cli/documents/down.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { DOWN_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';

/** `passthru down`: stops what runs; nothing running is success, too. */
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
  const { command, settings, flags, printer, interrupts } = context;
  const { volumes } = flags;
  await using stack = await openStack({ ...stackOptions(context), purpose: volumes ? 'remove' : 'find', holder: command });
  const torn = await stack.tearDown({ volumes, hurry: interrupts.second });
  if (!torn.ok) {
    printer.failure(torn.error, { exitCode: EXIT.failed });
    return EXIT.failed;
  }
  const stopped = [...torn.value];
  const document: DownDocument = { version: 1, command, exit_code: EXIT.passed, stopped, volumes_removed: volumes };
  const said = `${stopped.length === 0 ? 'Nothing ran' : `Stopped ${stopped.join(', ')}`}${volumes ? '; data removed' : ''}`;
  const records = [{ body: said, attributes: { 'passthru.stopped': stopped.join(','), 'passthru.volumes_removed': volumes } }];
  printer.result({ document, lines: settings.verbosity === 'quiet' ? [] : [said], records });
  return EXIT.passed;
};
