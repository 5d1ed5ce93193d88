import { join } from 'node:path';
import { stateFiles } from '#engine/files/state-files.ts';
import { stateFolder, type StateFolder } from '#engine/state/state-folder.ts';
import { at, endpointsOf } from '../../endpoints.ts';
import type { Endpoints, Profile, ServiceName } from '../../engine.ts';
import { type Ports, portsOf } from '../../ports.ts';

/** Bounds of the log of a service: five files of ten mebibytes. */
export const LOG_BOUNDS = { max_file_bytes: 10 * 1024 * 1024, older_files: 4 } as const;

/** Paths and addresses of an embedded stack: they are computed, nothing is looked up. */
export interface Layout {
  readonly folder: StateFolder;
  readonly ports: Ports;
  /** Further names and addresses of the public servers. */
  readonly hosts: readonly string[];
  /** Folder of our package.json. */
  readonly packageRoot: string;
  readonly bin: string;
  /** The defaults of a server, as delivered; the sink has none. */
  defaults(service: ServiceName): string | null;
  /** The file that this stack lays over them. */
  overlay(service: ServiceName): string;
  data(service: ServiceName): string;
  /** The log that a service writes, and bounds, itself. */
  log(service: ServiceName): string;
  /** What its process says outside of its log. */
  output(service: ServiceName): string;
  /** Of the second Identity: its configuration, its data, its log, and what its process says outside of it. */
  readonly partner: { readonly overlay: string; readonly data: string; readonly log: string; readonly output: string };
  readonly tenantsFile: string;
  readonly endpoints: Endpoints;
}

/** The layout of the stack with this state folder and these ports. */
export const layoutOf = (options: {
  stateDir: string;
  portKms: number;
  portIdentity: number;
  portStep?: number;
  packageRoot: string;
  profile: Profile;
  hosts?: readonly string[];
}): Layout => {
  const { packageRoot, profile, hosts = [] } = options;
  const folder = stateFolder(options.stateDir);
  const ports = portsOf(options);
  return {
    folder,
    ports,
    hosts,
    packageRoot,
    bin: join(packageRoot, 'bin', 'passthru.js'),
    defaults: (service) => (service === 'telemetry' ? null : join(packageRoot, 'deployments', service, 'config', `${service}.yml`)),
    overlay: (service) => join(folder.config, `${service}.yml`),
    data: (service) => join(folder.data, service),
    log: (service) => join(folder.logs, `${service}.log`),
    output: (service) => join(folder.logs, `${service}.out.log`),
    partner: {
      overlay: join(folder.config, 'partner.yml'),
      data: join(folder.data, 'partner'),
      log: join(folder.logs, 'partner.log'),
      output: join(folder.logs, 'partner.out.log'),
    },
    tenantsFile: stateFiles(folder).tenants,
    endpoints: endpointsOf({ ports, folder, profile, telemetryReady: at(ports.telemetry, '/readyz') }),
  };
};
