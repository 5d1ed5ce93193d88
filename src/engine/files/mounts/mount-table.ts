import { join } from 'node:path';
import { KMS_CLIENT_ID } from '#infra/magic/magic.ts';
import type { PartName, ServiceName } from '../../engine.ts';
import { SIGNING_KEY_ENCRYPTION } from '../state-files.ts';
import { SHARE_COPIES } from '../unseal-share-files.ts';

/**
 * The source of a file's text: `tls` and `secrets` of the state folder, the root that certificates of clients are verified under, or made
 * for containers.
 */
export type MountSource = 'tls' | 'client-ca' | 'secrets' | 'unseal-share' | 'identity-stack' | 'kms-stack' | 'tenants';

/** A file that Compose mounts into containers. */
export interface MountedFile {
  readonly name: string;
  readonly source: MountSource;
  /** Parts whose containers read it at their start: with another text they must be made anew. */
  readonly readers: readonly PartName[];
}

const of = (source: MountSource, name: string, ...readers: PartName[]): MountedFile => ({ name, source, readers });

const ca = (...readers: PartName[]) => of('tls', 'ca.pem', ...readers);

/** Our own root, whatever `ca.pem` holds: by a common name under it servers and databases know who comes. */
const clientCa = (...readers: PartName[]) => of('client-ca', 'client-ca.pem', ...readers);

const leaf = (name: string, ...readers: PartName[]) => [of('tls', `${name}.pem`, ...readers), of('tls', `${name}.key`, ...readers)];

/**
 * A reset changes the ids under running servers, which learn them over their admin listeners; so nobody is made anew for them.
 * A bind mount of a single file keeps the file that it found, also when another takes its name; the next start of a container
 * looks the name up again, and that is when these ids are read.
 */
const tenants = of('tenants', 'tenants.json');

const clientSecret = `${KMS_CLIENT_ID}-client-secret`;

/** The files of `<target>/<product>/secrets`; the Compose files say the same names. */
export const MOUNTS: Readonly<Record<ServiceName, readonly MountedFile[]>> = {
  telemetry: [ca('telemetry'), clientCa('telemetry'), ...leaf('telemetry', 'telemetry'), ...leaf('health-client', 'telemetry')],
  identity: [
    ca('identity', 'identity-postgres'),
    clientCa('identity', 'identity-postgres'),
    ...leaf('identity', 'identity'),
    ...leaf('identity-client', 'identity'),
    of('secrets', 'identity-cookie-keys', 'identity'),
    of('secrets', SIGNING_KEY_ENCRYPTION, 'identity'),
    of('secrets', clientSecret, 'identity'),
    ...leaf('identity-postgres', 'identity-postgres'),
    of('secrets', 'identity-postgres-password', 'identity-postgres'),
    ...leaf('health-client', 'identity-postgres'),
    of('identity-stack', 'stack.yml', 'identity'),
    tenants,
  ],
  kms: [
    ca('kms', 'kms-postgres'),
    clientCa('kms', 'kms-postgres'),
    ...leaf('kms', 'kms'),
    ...leaf('kms-client', 'kms'),
    ...SHARE_COPIES.map((name) => of('unseal-share', name, 'kms')),
    of('secrets', clientSecret, 'kms'),
    ...leaf('kms-postgres', 'kms-postgres'),
    of('secrets', 'kms-postgres-password', 'kms-postgres'),
    ...leaf('health-client', 'kms-postgres'),
    of('kms-stack', 'stack.yml', 'kms'),
    tenants,
  ],
};

/** The folder of one product's files. */
export const mountFolder = (target: string, product: ServiceName): string => join(target, product, 'secrets');
