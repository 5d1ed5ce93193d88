import { isIPv6 } from 'node:net';
import { IDENTITY_PORT, KMS_PORT } from '#infra/magic/magic.ts';
import { doorsFor } from '../../doors.ts';
import type { Project } from '../project/project.ts';

/**
 * The ports of the public servers at the addresses that were stated and that this machine has. `::1` is among them only where it was
 * stated: an engine may know no IPv6. In production balancers publish, at an address of their own.
 *
 * @param warn as of `doorsFor`
 */
export const publishedPorts = async (
  { hosts, ports, profile }: Pick<Project, 'hosts' | 'ports' | 'profile'>,
  warn: (text: string) => void,
): Promise<Readonly<Record<string, readonly string[]>>> => {
  if (profile === 'prod') return {};
  const addresses = (await doorsFor(hosts, warn)).all.filter((address) => hosts.includes(address));
  const published = (port: number, target: number) => addresses.map((host) => `${isIPv6(host) ? `[${host}]` : host}:${port}:${target}`);
  return { kms: published(ports.kms, KMS_PORT), identity: published(ports.identity, IDENTITY_PORT) };
};
