import { type StackStatus, stackStatus } from '#demo/health/status.ts';
import { steadyNow } from '#infra/jobs/clock.ts';
import { openStack } from '#stack/open-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { statusLines } from '#cli/reporters/lines/status-lines.ts';
import type { STATUS_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { createStatusScreen } from './status-screen.ts';
import { exitCodeOf, statusDocument, statusRecord } from './status-result.ts';
import { watchStatus } from './watch-status.ts';

type StatusContext = CommandContext<ValuesOf<typeof STATUS_FLAGS>>;

/** `passthru status`: exit code 0 only when all that should run is ready. */
export const status = (call: CommandCall<undefined, typeof STATUS_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, (context) =>
    context.flags.watch || context.flags.wait !== undefined ? follow(context) : showOnce(context),
  );

const showOnce = async (context: StatusContext): Promise<ExitCode> => {
  const found = await look(context);
  if (context.interrupts.first.aborted) return EXIT.interrupted;
  show(context, found);
  return exitCodeOf(found);
};

/** Each look opens the stack anew: it may have been started since, on another engine or other ports. */
const look = async (context: StatusContext, signal = context.interrupts.first): Promise<StackStatus> => {
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find' });
  return stackStatus({ engine: stack.engine, signal });
};

const show = ({ command, settings, terminal, printer, printedCommand }: StatusContext, found: StackStatus): void => {
  // A pipe has no edge to break a line at, and grep wants it whole.
  const width = terminal.out.isTTY === true ? terminal.width : Number.POSITIVE_INFINITY;
  const isMissing = !found.ready && found.services.some(({ address }) => address === null);
  const next = isMissing ? [`\`${printedCommand('up')}\` starts what does not run`] : [];
  const lines = settings.verbosity === 'quiet' ? [] : [...statusLines(found.services, { paint: terminal.paintOut, width }), ...next];
  printer.result({ document: statusDocument(command, found), lines, records: found.services.map(statusRecord) });
};

/** Looks again and again: with `--watch` every change is shown, with `--wait` it ends once all that should run is ready, or late. */
const follow = async (context: StatusContext): Promise<ExitCode> => {
  const { flags, interrupts, process, printer } = context;
  const signal = AbortSignal.any([interrupts.first, process.outClosed]);
  const remarks = new Set<string>();
  const remark = (text: string): void => {
    // A look a second would tell the same thing for ever.
    if (!remarks.has(text)) printer.remark(text);
    remarks.add(text);
  };
  const quiet: StatusContext = { ...context, printer: { ...printer, remark } };
  const screen = flags.watch ? createStatusScreen(context) : null;
  const waitMs = flags.wait ?? Number.POSITIVE_INFINITY;
  let last: StackStatus | null = null;
  for await (const found of watchStatus({
    look: () => look(quiet, signal),
    untilReady: flags.wait !== undefined,
    waitMs,
    now: steadyNow,
    signal,
    remark,
  })) {
    last = found;
    screen?.show(found);
  }
  if (screen === null && interrupts.first.aborted) return EXIT.interrupted;
  if (last === null) return EXIT.partial;
  if (screen === null) show(context, last);
  return exitCodeOf(last);
};
