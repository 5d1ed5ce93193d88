import { join } from 'node:path';
import type { Endpoints, Profile } from './engine.ts';
import type { Ports } from './ports.ts';
import type { StateFolder } from './state/state-folder.ts';

/** A URL of this machine. */
export const at = (port: number, path = ''): string => `https://localhost:${port}${path}`;

/** The page of the KMS to try things out with. */
export const swaggerAt = ({ kms }: Pick<Ports, 'kms'>): string => at(kms, '/ui/swagger/');

/** Addresses of a stack with these ports and this state folder; on every engine they are the same but for the look at telemetry. */
export const endpointsOf = (options: {
  readonly ports: Ports;
  readonly folder: StateFolder;
  readonly profile: Profile;
  readonly telemetryReady: string;
}): Endpoints => {
  const { ports, folder, profile, telemetryReady } = options;
  return {
    kms: {
      service: at(ports.kms, '/service/api/v1'),
      ready: at(ports.kms, '/readyz'),
      live: at(ports.kms, '/livez'),
      admin: at(ports.kmsAdmin),
      openapi: at(ports.kms, '/openapi.json'),
      // Pages to try things out with are nothing for production.
      swagger: profile === 'prod' ? null : swaggerAt(ports),
      pages: profile === 'prod' ? null : at(ports.kms, '/ui/'),
    },
    identity: {
      issuer: at(ports.identity),
      discovery: at(ports.identity, '/.well-known/openid-configuration'),
      ready: at(ports.identity, '/readyz'),
      live: at(ports.identity, '/livez'),
      admin: at(ports.identityAdmin),
    },
    partner: {
      issuer: at(ports.partner),
      discovery: at(ports.partner, '/.well-known/openid-configuration'),
      ready: at(ports.partner, '/readyz'),
    },
    telemetry: { otlp: at(ports.telemetry), ready: telemetryReady },
    caFile: join(folder.tls, 'ca.pem'),
    client: { certFile: join(folder.tls, 'cli-client.pem'), keyFile: join(folder.tls, 'cli-client.key') },
    serviceClient: { certFile: join(folder.tls, 'service-client.pem'), keyFile: join(folder.tls, 'service-client.key') },
  };
};
