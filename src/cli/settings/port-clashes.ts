import { ADMIN_PORT_OFFSET, COLLECTOR_HEALTH_PORT_OFFSET, FEED_PORT_OFFSET, SINK_PORT_OFFSET } from '#infra/magic/magic.ts';
import { fileKeyOf } from './setting.ts';
import { usageError } from './usage-error.ts';

interface PublicPorts {
  readonly portKms: number;
  readonly portIdentity: number;
}

/**
 * Every listener of a stack takes its own port, whichever engine runs it; all but two are derived from the public ones.
 *
 * @param originOf who stated a port; undefined for a default
 * @throws AppError `usage`
 */
export const refuseClashes = ({ portKms, portIdentity }: PublicPorts, originOf: (key: string) => string | undefined): void => {
  const from = (key: keyof PublicPorts): string => originOf(key) ?? `the default of ${fileKeyOf(key)}`;
  const [kms, identity] = [from('portKms'), from('portIdentity')];
  const listeners = [
    { name: 'the KMS', port: portKms, from: kms },
    { name: "the KMS's admin listener", port: portKms + ADMIN_PORT_OFFSET, from: kms },
    { name: 'telemetry', port: portKms + SINK_PORT_OFFSET, from: kms },
    { name: "telemetry's health", port: portKms + COLLECTOR_HEALTH_PORT_OFFSET, from: kms },
    { name: 'Identity', port: portIdentity, from: identity },
    { name: "Identity's admin listener", port: portIdentity + ADMIN_PORT_OFFSET, from: identity },
    { name: "Identity's feed of revocations", port: portIdentity + FEED_PORT_OFFSET, from: identity },
  ];
  for (const [index, one] of listeners.entries()) {
    const other = listeners.slice(index + 1).find(({ port }) => port === one.port);
    if (other === undefined) continue;
    throw usageError(`port ${one.port} is wanted by both ${one.name} (${one.from}) and ${other.name} (${other.from})`, {
      fix:
        `Choose --port-kms K and --port-identity I so that K, K+${ADMIN_PORT_OFFSET}, K+${SINK_PORT_OFFSET}, ` +
        `K+${COLLECTOR_HEALTH_PORT_OFFSET}, I, I+${ADMIN_PORT_OFFSET} and I+${FEED_PORT_OFFSET} all differ.`,
    });
  }
};
