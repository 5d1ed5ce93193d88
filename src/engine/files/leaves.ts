import type { LeafRequest } from '#infra/tls/authority/store.ts';

const server = (name: string): LeafRequest => ({
  name,
  kind: 'server',
  commonName: name,
  names: [name, `${name}.passthru.demo.local`, 'localhost', '127.0.0.1', '::1'],
});

const client = (name: string, commonName: string): LeafRequest => ({ name, kind: 'client', commonName });

/** Every certificate of a stack, on whichever engine; the common name of a client is who it is. */
export const LEAVES = [
  server('telemetry'),
  server('identity'),
  server('kms'),
  client('identity-client', 'passthru-identity'),
  client('kms-client', 'passthru-kms'),
  client('cli-client', 'passthru-cli'),
  client('service-client', 'demo-service'),
  server('identity-postgres'),
  server('kms-postgres'),
  client('health-client', 'passthru-health'),
] as const;
