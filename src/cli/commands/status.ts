import { type ServiceHealth, stackStatus } from '#demo/health/status.ts';
import type { StatusDocument } from '../documents.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openEngine } from '../open-engine.ts';
import { answer } from '#cli/reporters/answer.ts';
import { statusLines } from '#cli/reporters/lines/status-lines.ts';
import { type Session, withSession } from '../session.ts';
import type { Surroundings } from '../surroundings.ts';

export interface StatusOptions {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
}

/** `passthru status`: exit code 0 only when all that should run is ready. */
export const status = ({ flags, surroundings }: StatusOptions): Promise<ExitCode> =>
  withSession(
    {
      command: 'status',
      flags,
      surroundings,
      onInterrupt: { first: 'Interrupted.', second: 'Interrupted again.' },
    },
    askServices,
  );

const askServices = async (session: Session): Promise<ExitCode> => {
  const { command, options, terminal, interrupts, surroundings } = session;
  await using engine = await openEngine(session, 'find');
  const { services, ready } = await stackStatus({ engine, signal: interrupts.first });
  if (interrupts.first.aborted) return EXIT.interrupted;
  const exitCode = ready ? EXIT.passed : EXIT.partial;
  const document: StatusDocument = { version: 1, command, exit_code: exitCode, ready, services: services.map(wireService) };
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
  const lines = options.verbosity === 'quiet' ? [] : statusLines(services, { paint: terminal.paintOut, width });
  answer({ command, document, lines, records }, { terminal, output: options.output, now: surroundings.now });
  return exitCode;
};

const wireService = ({ service, state, uptimeMs, pid, address, cause }: ServiceHealth): StatusDocument['services'][number] => ({
  service,
  state,
  uptime_ms: uptimeMs === null ? null : Math.round(uptimeMs),
  pid,
  address,
  cause,
});
