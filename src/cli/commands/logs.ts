import type { Engine, PartName } from '#engine/engine.ts';
import { endOfStack } from '#stack/end-of-stack.ts';
import { openStack } from '#stack/open-stack.ts';
import type { Stack } from '#stack/stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { writeLogLine } from '#cli/reporters/lines/log-lines.ts';
import type { LOGS_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';

type LogsContext = CommandContext<ValuesOf<typeof LOGS_FLAGS>>;

/** `passthru logs`: the lines of one part as they are, or of all with the name before each. */
export const logs = (call: CommandCall<PartName | undefined, typeof LOGS_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Stopped following.', second: 'Interrupted again.' }, (context) => printParts(context, call.argument));

const printParts = async (context: LogsContext, part: PartName | undefined): Promise<ExitCode> => {
  const { flags, settings, printer, interrupts, process } = context;
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find' });
  const { engine } = stack;
  const over = new AbortController();
  const signal = AbortSignal.any([interrupts.first, process.outClosed, over.signal]);
  if (part !== undefined && !engine.parts.includes(part)) throw unknownPart(engine, part);
  const parts = part === undefined ? engine.parts : [part];
  const nameColumns = part === undefined ? Math.max(...parts.map((name) => name.length)) : 0;
  const one = (name: PartName) => print(context, engine, name, { signal, nameColumns });
  // Followed together; else one after the other, so that each part's lines stay together.
  if (flags.follow) {
    const following = Promise.all(parts.map(one));
    await Promise.race([following, endOfStack({ engine, parts, stateDir: settings.stateDir, signal })]);
    if (!signal.aborted && settings.verbosity !== 'quiet') printer.remark(`Nothing runs any more in ${settings.stateDir}`);
    over.abort();
    await following;
  } else for (const name of parts) await one(name);
  return interrupts.first.aborted && !flags.follow ? EXIT.interrupted : EXIT.passed;
};

const unknownPart = ({ kind, parts }: Engine, part: PartName) =>
  usageError(`the ${kind} engine runs no ${part}`, { fix: `It runs ${parts.join(', ')}.` });

const print = async (
  { terminal, settings, flags, printer, process }: LogsContext,
  engine: Stack['engine'],
  part: PartName,
  { signal, nameColumns }: { signal: AbortSignal; nameColumns: number },
): Promise<void> => {
  const { follow, tail } = flags;
  const lines = engine.logs(part, { follow, signal, ...(tail === undefined ? {} : { tail }) });
  let isEmpty = true;
  for await (const line of lines) {
    if (signal.aborted) return;
    isEmpty = false;
    writeLogLine(line, { terminal, output: settings.output, service: part, nameColumns, now: process.now });
  }
  // Silence could as well be a wrong --state-dir, unless no line was asked for.
  if (isEmpty && tail !== 0) printer.remark(`${part} has logged nothing in ${settings.stateDir}`);
};
