import { join } from 'node:path';
import { KMS_CLIENT_ID } from '#infra/magic/magic.ts';
import type { PartName, ServiceName } from '../../engine.ts';
import { SIGNING_KEY_ENCRYPTION } from '../state-files.ts';
import { SHARE_COPIES } from '../unseal-share-files.ts';

/**
 * The source of a file's text: `tls` and `secrets` of the state folder, the root that certificates of clients are verified under, or made
 * for containers.
 */
export type MountSource = 'tls' | 'client-ca' | 'secrets' | 'unseal-share' | 'identity-stack' | 'kms-stack' | 'partner-stack' | 'tenants';

/** The second Identity of a demo has a container of its own, and is no part of the stack. */
export type Reader = PartName | 'partner';

/** A file that Compose mounts into containers. */
export interface MountedFile<R extends Reader = PartName> {
  readonly name: string;
  readonly source: MountSource;
  /** Those whose containers read it at their start: with another text they must be made anew. */
  readonly readers: readonly R[];
}

const of = <R extends Reader = PartName>(source: MountSource, name: string, ...readers: R[]): MountedFile<R> => ({ name, source, readers });

const ca = (...readers: PartName[]) => of('tls', 'ca.pem', ...readers);

/** Our own root, whatever `ca.pem` holds: by a common name under it servers and databases know who comes. */
const clientCa = (...readers: PartName[]) => of('client-ca', 'client-ca.pem', ...readers);

const leaf = <R extends Reader>(name: string, ...readers: R[]) => [
  of('tls', `${name}.pem`, ...readers),
  of('tls', `${name}.key`, ...readers),
];

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

/** The files of every product, those of a demo or those without. */
export type Mounts = Readonly<Record<ServiceName, readonly MountedFile<Reader>[]>>;

/** What the second Identity reads, and the KMS because of it; they lie with the files of the KMS, to which it belongs. */
const PARTNER: readonly MountedFile<Reader>[] = [
  ...leaf('partner', 'partner'),
  of('secrets', 'partner-cookie-keys', 'partner'),
  of('secrets', 'partner-signing-key-encryption', 'partner'),
  of('secrets', 'partner-client-secret', 'partner', 'kms'),
  of('partner-stack', 'partner.yml', 'partner'),
];

/** The files of a demo. */
export const DEMO_MOUNTS: Mounts = { ...MOUNTS, kms: [...MOUNTS.kms, ...PARTNER] };

/** The folder of one product's files. */
export const mountFolder = (target: string, product: ServiceName): string => join(target, product, 'secrets');
