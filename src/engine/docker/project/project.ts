import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateFolder, type StateFolder } from '#engine/state/state-folder.ts';
import { at, endpointsOf } from '../../endpoints.ts';
import {
  DATABASES,
  type DatabaseName,
  type Endpoints,
  type PartName,
  type PortUser,
  type Profile,
  SERVICES,
  type ServiceName,
} from '../../engine.ts';
import { type Ports, portsOf, portsOfService } from '../../ports.ts';

/** The parts that Docker runs, databases first: nobody waits for them, and they take longest. */
export const PARTS = [...DATABASES, ...SERVICES] as const;

/** The service of Compose that is the second Identity of a demo: made with the others, and started for one step. */
export const PARTNER = 'partner';

/** A stack as Compose sees it: its names are computed, nothing is looked up. */
export interface Project {
  /** Of Compose, the same for the same state folder. */
  readonly name: string;
  readonly folder: StateFolder;
  readonly ports: Ports;
  readonly profile: Profile;
  readonly packageRoot: string;
  /** Further names and addresses of the public servers. */
  readonly hosts: readonly string[];
  /** Ports of this machine under which a part, or the second Identity, is published. */
  portsOf(part: PartName | PortUser): readonly number[];
  /** The address at which people find a part. */
  address(part: PartName): string;
  /** The containers that a service needs: its own, its database's, in production that of the balancer before it. */
  containersOf(service: ServiceName): readonly string[];
  /** Containers that are made with those of a service, and started by themselves. */
  madeWith(service: ServiceName): readonly string[];
  /** Compose file of ours with the labels of containers, networks and volumes. */
  readonly override: string;
  readonly endpoints: Endpoints;
}

/** The project of the stack with this state folder and these ports. */
export const projectOf = (options: {
  stateDir: string;
  portKms: number;
  portIdentity: number;
  portStep?: number;
  packageRoot: string;
  profile: Profile;
  hosts?: readonly string[];
}): Project => {
  const { packageRoot, profile, hosts = [] } = options;
  const folder = stateFolder(options.stateDir);
  const ports = portsOf(options);
  const published = (part: PartName | PortUser): readonly number[] => {
    if (isDatabase(part)) return [];
    if (part === 'telemetry') return [ports.telemetry, ports.telemetryHealth];
    // The feed of Identity is for the KMS, inside the networks.
    return portsOfService(ports, part).filter((port) => port !== ports.identityFeed);
  };
  return {
    name: `passthru-${createHash('sha256').update(folder.path).digest('hex').slice(0, 8)}`,
    folder,
    ports,
    hosts,
    profile,
    packageRoot,
    portsOf: published,
    address: (part) => (isDatabase(part) ? `postgres://${part}:5432` : at(published(part)[0] ?? 0)),
    containersOf: (service) => [
      ...(service === 'telemetry' ? [] : [databaseOf(service)]),
      service,
      ...(profile === 'prod' && service !== 'telemetry' ? [`${service}-balancer`] : []),
    ],
    madeWith: (service) => (service === 'identity' && profile !== 'prod' ? [PARTNER] : []),
    override: join(folder.docker, 'compose.yml'),
    endpoints: endpointsOf({ ports, folder, profile, telemetryReady: at(ports.telemetryHealth, '/readyz') }),
  };
};

export const isDatabase = (part: string): part is DatabaseName => (DATABASES as readonly string[]).includes(part);

export const isPart = (name: string): name is PartName => (PARTS as readonly string[]).includes(name);

/** The PostgreSQL of a service. */
export const databaseOf = (service: Exclude<ServiceName, 'telemetry'>): DatabaseName => `${service}-postgres`;
