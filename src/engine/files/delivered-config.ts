import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ServiceName } from '../engine.ts';

/** A map of settings as it stands in YAML. */
export type Tree = Readonly<Record<string, unknown>>;

/**
 * A configuration file as delivered, for example `kms.container.yml` of the KMS.
 * The server checks it; here only the shape that is copied from matters.
 *
 * @throws the file system's error, or the YAML parser's
 */
export const readDelivered = async (packageRoot: string, service: ServiceName, file: string): Promise<Tree> =>
  map(parse(await readFile(join(packageRoot, 'deployments', service, 'config', file), 'utf8')));

/** Ids of the service clients in Identity's delivered configuration. */
export const serviceClientIds = async (packageRoot: string): Promise<readonly string[]> =>
  list((await readDelivered(packageRoot, 'identity', 'identity.yml'))['service_clients']).map((client) => String(client['client_id']));

/** The delivered issuers that the KMS trusts; a list is replaced as a whole by an overlay, so that overlays repeat them. */
export const issuersOf = (kms: Tree): readonly Tree[] => list(map(kms['identity'])['issuers']);

export const map = (value: unknown): Tree => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {});

export const list = (value: unknown): readonly Tree[] => (Array.isArray(value) ? value.map(map) : []);
