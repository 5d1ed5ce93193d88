import { constraintFor, isPermitted, type PermittedNames } from '#infra/tls/authority/constraints/permitted-names.ts';
import type { LeafRequest } from '#infra/tls/authority/store.ts';

const server = (name: string): LeafRequest => ({
  name,
  kind: 'server',
  commonName: name,
  names: [name, `${name}.passthru.demo.local`, 'localhost', '127.0.0.1', '::1'],
});

const client = (name: string, commonName: string): LeafRequest => ({ name, kind: 'client', commonName });

/** The name by which the KMS reaches the second Identity in the networks of containers. */
export const PARTNER_HOST = 'partner.passthru.demo.local';

/** Every certificate of a stack, on whichever engine; the common name of a client is who it is. */
export const LEAVES: readonly LeafRequest[] = [
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
  // The second Identity of a demo. Its name is below one that is permitted already, so that a CA of before can vouch for it.
  { name: 'partner', kind: 'server', commonName: PARTNER_HOST, names: [PARTNER_HOST, 'localhost', '127.0.0.1', '::1'] },
];

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
const BASE: PermittedNames = ['localhost', '127.0.0.0/8', '::1/128', 'passthru.demo.local'];
const PERMITTED: PermittedNames = [...BASE, ...LEAVES.map(({ commonName }) => commonName).filter((name) => !isPermitted(name, BASE))];

/** The same, with further names. */
export const permittedWith = (hosts: readonly string[]): PermittedNames => [
  ...PERMITTED,
  ...hosts.filter((host) => !isPermitted(host, PERMITTED)).map(constraintFor),
];
