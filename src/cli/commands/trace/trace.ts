import { sleep } from '#demo/step/sleep.ts';
import { openStack } from '#stack/open-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { TraceDocument, TraceListDocument } from '#cli/documents/trace.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { traceLines } from '#cli/reporters/lines/trace-lines.ts';
import { traceListLines } from '#cli/reporters/lines/trace-list-lines.ts';
import type { TRACE_FLAGS } from '#cli/settings/command-flags.ts';
import type { ValuesOf } from '#cli/settings/setting.ts';
import { type FindOptions, findTrace, lastTraces } from './find-trace.ts';
import { summaryMember, traceMembers } from './trace-document.ts';

type TraceContext = CommandContext<ValuesOf<typeof TRACE_FLAGS>>;

/** `passthru trace`: the spans of one trace as a tree, or the last traces to choose from. */
export const trace = (call: CommandCall<string | undefined, typeof TRACE_FLAGS>): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, async (context) => {
    await using stack = await openStack({ ...stackOptions(context), purpose: 'find' });
    return call.argument === undefined ? showList(context, stack.engine) : showTrace(context, stack.engine, call.argument);
  });

/** A pipe has no edge to cut a line at. */
const widthOf = ({ terminal: { out } }: TraceContext): number => (out.isTTY === true && out.columns) || Number.POSITIVE_INFINITY;

const showTrace = async (context: TraceContext, engine: FindOptions['engine'], reference: string): Promise<ExitCode> => {
  const { command, flags, settings, terminal, printer, interrupts, process } = context;
  const onWait = (): void => {
    if (settings.output === 'human' && settings.verbosity !== 'quiet') printer.remark('Not received yet: waiting for it, 3 s at most');
  };
  const found = await findTrace({ engine, reference, signal: interrupts.first, now: process.now, sleep, onWait });
  const document: TraceDocument = { version: 1, command, exit_code: EXIT.passed, ...traceMembers(found) };
  printer.result({
    document,
    lines: traceLines(found, { paint: terminal.paintOut, width: widthOf(context), verbose: flags.details }),
    records: document.spans.map(({ name, error, attributes, service, span_id, offset_ms, duration_ms }) => ({
      body: name,
      failed: error,
      attributes: {
        ...attributes,
        'passthru.service': service,
        'passthru.trace_id': document.trace_id,
        'passthru.span_id': span_id,
        'passthru.offset_ms': offset_ms,
        'passthru.duration_ms': duration_ms,
      },
    })),
  });
  return EXIT.passed;
};

const showList = async (context: TraceContext, engine: FindOptions['engine']): Promise<ExitCode> => {
  const { command, flags, settings, terminal, printer, printedCommand } = context;
  const { traces, others } = await lastTraces({ engine, limit: flags.limit, failedOnly: flags.failed, all: flags.details });
  const document: TraceListDocument = { version: 1, command, exit_code: EXIT.passed, traces: traces.map(summaryMember) };
  printer.result({
    document,
    lines: traces.length === 0 ? [] : traceListLines(traces, { paint: terminal.paintOut, width: widthOf(context) }),
    records: document.traces.map(({ trace_id, name, failed, duration_ms, status }) => ({
      body: name,
      failed,
      attributes: { 'passthru.trace_id': trace_id, 'passthru.duration_ms': duration_ms, 'http.response.status_code': status },
    })),
  });
  if (settings.output !== 'human' || settings.verbosity === 'quiet') return EXIT.passed;
  if (traces.length === 0) {
    printer.remark(
      others === 0 ? `Telemetry has received no trace in ${settings.stateDir}` : `None of the ${others} traces is wanted by these flags`,
    );
  } else printer.remark(`One of them: ${printedCommand(`trace ${traces.at(-1)?.traceId.slice(0, 8)}`)}`);
  return EXIT.passed;
};
