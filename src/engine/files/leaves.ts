import { constraintFor, isPermitted, type PermittedNames } from '#infra/tls/authority/constraints/permitted-names.ts';
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

/** The servers that people reach. */
const PUBLIC: readonly string[] = ['identity', 'kms'];

/** The same, with further names of the public servers: DNS names and addresses. */
export const leavesWith = (hosts: readonly string[]): readonly LeafRequest[] =>
  LEAVES.map((leaf) => (PUBLIC.includes(leaf.name) ? { ...leaf, names: [...new Set([...(leaf.names ?? []), ...hosts])] } : leaf));

/** The names under which a client certificate lies in `tls/`. */
export const CLIENT_LEAVES: readonly string[] = LEAVES.filter(({ kind }) => kind === 'client').map(({ name }) => name);

/**
 * All that a certificate of a stack may stand for: whoever trusts its root in a browser opens nothing else to it. Containers are reached
 * by the names of their services. Java takes the common name of a client for a host where its certificate names none.
 */
const PERMITTED: PermittedNames = [
  'localhost',
  '127.0.0.0/8',
  '::1/128',
  'passthru.demo.local',
  ...LEAVES.map(({ commonName }) => commonName),
];

/** The same, with further names. */
export const permittedWith = (hosts: readonly string[]): PermittedNames => [
  ...PERMITTED,
  ...hosts.filter((host) => !isPermitted(host, PERMITTED)).map(constraintFor),
];
