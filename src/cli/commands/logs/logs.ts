import type { Engine, PartName } from '#engine/engine.ts';
import { endOfStack } from '#stack/end-of-stack.ts';
import { openStack } from '#stack/open-stack.ts';
import type { Stack } from '#stack/stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { type DemoMark, isNoTrouble } from '#cli/reporters/lines/demo-mark.ts';
import { createLogWriter } from '#cli/reporters/lines/log-writer.ts';
import type { LOGS_FLAGS } from '#cli/settings/command-flags.ts';
import { epochOf } from '#cli/settings/log-values.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { openDemoMarks } from './open-demo-marks.ts';
import { lastLines, type UntilNow } from './last-lines.ts';
import { createLogFilter, isFiltering } from './log-filter.ts';
import type { TimedEntry } from './queues.ts';
import { timeLine } from './time-line.ts';

type LogsContext = CommandContext<ValuesOf<typeof LOGS_FLAGS>>;

/** `passthru logs`: the lines of one part, or of all of them on one time line. */
export const logs = (call: CommandCall<PartName | undefined, typeof LOGS_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Stopped following.', second: 'Interrupted again.' }, (context) => showLogs(context, call.argument));

const showLogs = async (context: LogsContext, part: PartName | undefined): Promise<ExitCode> => {
  const { flags, settings, printer, interrupts, process } = context;
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find' });
  const { engine } = stack;
  if (part !== undefined && !engine.parts.includes(part)) throw unknownPart(engine, part);
  const parts = part === undefined ? engine.parts : [part];
  const over = new AbortController();
  const signal = AbortSignal.any([interrupts.first, process.outClosed, over.signal]);
  const printing = print(context, stack, { parts, signal });
  if (flags.follow) {
    await Promise.race([printing, endOfStack({ engine, parts, stateDir: settings.stateDir, signal })]);
    if (!signal.aborted && settings.verbosity !== 'quiet') printer.remark(`Nothing runs any more in ${settings.stateDir}`);
    over.abort();
  }
  await printing;
  return interrupts.first.aborted && !flags.follow ? EXIT.interrupted : EXIT.passed;
};

const unknownPart = ({ kind, parts }: Engine, part: PartName) =>
  usageError(`the ${kind} engine runs no ${part}`, { fix: `It runs ${parts.join(', ')}.` });

interface Printed {
  readonly parts: readonly PartName[];
  readonly signal: AbortSignal;
}

interface MarkedEntry {
  readonly entry: TimedEntry;
  readonly mark: DemoMark | null;
}

const print = async (context: LogsContext, { engine }: Stack, { parts, signal }: Printed): Promise<void> => {
  const { terminal, settings, flags, printer, interrupts, process } = context;
  const { follow, tail, since, level, trace } = flags;
  const filter = { since: since === undefined ? undefined : epochOf(since, process.now()), level, trace };
  const isWanted = createLogFilter(filter);
  const markOf = await openDemoMarks({ stateDir: settings.stateDir, now: process.now });
  const write = createLogWriter({ terminal, output: settings.output, parts, process });
  // Where every line is wanted, the last ones of all are among the last ones of each part.
  const ofEach = tail !== undefined && flags.demo && !isFiltering(filter) ? tail : undefined;
  const silent = new Set(parts);
  const linesOf = async function* (part: PartName): AsyncGenerator<string> {
    for await (const line of engine.logs(part, { follow, signal, ...(ofEach === undefined ? {} : { tail: ofEach }) })) {
      silent.delete(part);
      yield line;
    }
  };
  const sources = parts.map((part) => ({ part, lines: linesOf(part) }));
  const wanted = async function* (): AsyncGenerator<UntilNow<MarkedEntry>> {
    for await (const entry of timeLine(sources, { isFollowed: follow, ...(ofEach === undefined ? {} : { historyLines: ofEach }) })) {
      if (entry === 'caught-up') yield entry;
      else if (isWanted(entry)) {
        const mark = await markOf(entry);
        if (flags.demo || mark === null || !isNoTrouble(mark)) yield { entry, mark };
      }
    }
  };
  let shown = 0;
  for await (const { entry, mark } of lastLines(wanted(), tail)) {
    // After Ctrl-C nobody wants the lines that wait for their turn; at the end of the stack they are its last words.
    if (interrupts.first.aborted || process.outClosed.aborted) return;
    write(entry, mark);
    shown += 1;
  }
  // Silence could as well be a wrong --state-dir, unless no line was asked for.
  if (signal.aborted || tail === 0) return;
  if (silent.size === parts.length && !(await engine.hasData())) {
    printer.remark(`There is no stack in ${settings.stateDir}: \`passthru up\` starts one`);
    return;
  }
  for (const part of silent) printer.remark(`${part} has logged nothing in ${settings.stateDir}`);
  if (shown === 0 && silent.size < parts.length) printer.remark('No line of the logs is wanted by these flags');
};
