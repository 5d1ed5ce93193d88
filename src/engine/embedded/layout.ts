import { join } from 'node:path';
import { stateFolder, type StateFolder } from '#engine/state/state-folder.ts';
import type { Endpoints, Profile, ServiceName } from '../engine.ts';
import { type Ports, portsOf } from './ports.ts';

/** Where every file and listener of an embedded stack is: computed, nothing is looked up. */
export interface Layout {
  readonly folder: StateFolder;
  readonly ports: Ports;
  /** Folder of our package.json. */
  readonly packageRoot: string;
  readonly bin: string;
  /** The defaults of a server, as delivered; the sink has none. */
  defaults(service: ServiceName): string | null;
  /** What this stack lays over them. */
  overlay(service: ServiceName): string;
  data(service: ServiceName): string;
  log(service: ServiceName): string;
  readonly tenantsFile: string;
  readonly endpoints: Endpoints;
}

const at = (port: number, path = ''): string => `https://localhost:${port}${path}`;

/** The layout of the stack with this state folder and these ports. */
export const layoutOf = (options: {
  stateDir: string;
  portKms: number;
  portIdentity: number;
  packageRoot: string;
  profile: Profile;
}): Layout => {
  const { packageRoot, profile } = options;
  const folder = stateFolder(options.stateDir);
  const ports = portsOf(options);
  return {
    folder,
    ports,
    packageRoot,
    bin: join(packageRoot, 'bin', 'passthru.js'),
    defaults: (service) => (service === 'telemetry' ? null : join(packageRoot, 'deployments', service, 'config', `${service}.yml`)),
    overlay: (service) => join(folder.config, `${service}.yml`),
    data: (service) => join(folder.data, service),
    log: (service) => join(folder.logs, `${service}.log`),
    tenantsFile: join(folder.config, 'tenants.json'),
    endpoints: {
      kms: {
        service: at(ports.kms, '/service/api/v1'),
        ready: at(ports.kms, '/readyz'),
        live: at(ports.kms, '/livez'),
        admin: at(ports.kmsAdmin),
        openapi: at(ports.kms, '/openapi.json'),
        // A page to try things out with, which a production service does not offer.
        swagger: profile === 'prod' ? null : at(ports.kms, '/ui/swagger/'),
      },
      identity: {
        issuer: at(ports.identity),
        discovery: at(ports.identity, '/.well-known/openid-configuration'),
        ready: at(ports.identity, '/readyz'),
        live: at(ports.identity, '/livez'),
        admin: at(ports.identityAdmin),
      },
      telemetry: { otlp: at(ports.telemetry), ready: at(ports.telemetry, '/readyz') },
      caFile: join(folder.tls, 'ca.pem'),
      client: { certFile: join(folder.tls, 'cli-client.pem'), keyFile: join(folder.tls, 'cli-client.key') },
      serviceClient: { certFile: join(folder.tls, 'service-client.pem'), keyFile: join(folder.tls, 'service-client.key') },
    },
  };
};
