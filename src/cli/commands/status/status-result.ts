import type { ServiceHealth, StackStatus } from '#demo/health/status.ts';
import type { StatusDocument } from '#cli/documents/status.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { CommandResult } from '#cli/reporters/printer.ts';

/** Exit code 0 only when all that should run is ready. */
export const exitCodeOf = ({ ready }: StackStatus): ExitCode => (ready ? EXIT.passed : EXIT.partial);

export const statusDocument = (command: string, status: StackStatus): StatusDocument => ({
  version: 2,
  command,
  exit_code: exitCodeOf(status),
  ready: status.ready,
  services: status.services.map(({ service, state, uptimeMs, pid, address, cause }) => ({
    service,
    state,
    uptime_ms: uptimeMs === null ? null : Math.round(uptimeMs),
    pid,
    address,
    cause,
  })),
});

export const statusRecord = ({ service, state, address, uptimeMs, cause }: ServiceHealth): CommandResult['records'][number] => ({
  body: `${service} ${state}`,
  failed: state !== 'ready',
  attributes: {
    'passthru.service': service,
    'passthru.service.state': state,
    'server.address': address,
    'passthru.uptime_ms': uptimeMs,
    'error.message': cause,
  },
});
