import { type ServiceHealth, stackStatus } from '#demo/health/status.ts';
import { openStack } from '#stack/open-stack.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { runCommand } from '#cli/context/run-command.ts';
import { stackOptions } from '#cli/context/stack-options.ts';
import type { StatusDocument } from '#cli/documents/status.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { statusLines } from '#cli/reporters/lines/status-lines.ts';

/** `passthru status`: exit code 0 only when all that should run is ready. */
export const status = (call: CommandCall): Promise<ExitCode> =>
  runCommand(call, { first: 'Interrupted.', second: 'Interrupted again.' }, askServices);

const askServices = async (context: CommandContext): Promise<ExitCode> => {
  const { command, settings, terminal, printer, interrupts } = context;
  await using stack = await openStack({ ...stackOptions(context), purpose: 'find' });
  const { services, ready } = await stackStatus({ engine: stack.engine, signal: interrupts.first });
  if (interrupts.first.aborted) return EXIT.interrupted;
  const exitCode = ready ? EXIT.passed : EXIT.partial;
  const document: StatusDocument = { version: 2, command, exit_code: exitCode, ready, services: services.map(memberOf) };
  const records = services.map(({ service, state, address, uptimeMs, cause }) => ({
    body: `${service} ${state}`,
    failed: state !== 'ready',
    attributes: {
      'passthru.service': service,
      'passthru.service.state': state,
      'server.address': address,
      'passthru.uptime_ms': uptimeMs,
      'error.message': cause,
    },
  }));
  // A pipe has no edge to break a line at, and grep wants it whole.
  const width = terminal.out.isTTY === true ? terminal.width : Number.POSITIVE_INFINITY;
  const lines = settings.verbosity === 'quiet' ? [] : statusLines(services, { paint: terminal.paintOut, width });
  printer.result({ document, lines, records });
  return exitCode;
};

const memberOf = ({ service, state, uptimeMs, pid, address, cause }: ServiceHealth): StatusDocument['services'][number] => ({
  service,
  state,
  uptime_ms: uptimeMs === null ? null : Math.round(uptimeMs),
  pid,
  address,
  cause,
});
