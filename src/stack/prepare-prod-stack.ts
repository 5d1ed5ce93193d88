import { join } from 'node:path';
import type { PreparedProd } from '#engine/files/prod/prepare-prod.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { IDENTITY_PORT } from '#infra/magic/magic.ts';
import { lockStateFolder } from './lock.ts';
import { makeBundleCurrent } from '#engine/files/current-bundle.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** The Compose files of production, from the folder `deployments`, each laid over the one before. */
const FILES = [
  'telemetry/compose.prod.yml',
  'identity/compose.yml',
  'identity/compose.prod.yml',
  'kms/compose.yml',
  'kms/compose.prod.yml',
];

/** What production starts with, and how plain Compose starts it. */
export interface PreparedProdStack extends PreparedProd {
  /** Variables that the Compose files read. */
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly composeFiles: readonly string[];
  /** The folder with the keys of the authority and all unseal shares. */
  readonly authority: string;
}

/** Makes what is missing of the files of production; starts nothing and asks no engine. */
export const prepareProdStack = async (options: {
  readonly target: string;
  /** Default: `<target>/authority`. */
  readonly authority?: string | undefined;
  readonly issuer?: string | undefined;
  readonly hosts: readonly string[];
  readonly renew: boolean;
  /** The work of this process, for another one that finds the folder locked. */
  readonly holder: string;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Promise<Result<PreparedProdStack>> => {
  const { target, holder, now, warn } = options;
  await using _lock = await lockStateFolder({ stateDir: target, holder, now, warn });
  const authority = options.authority ?? join(target, 'authority');
  const { prepareProd } = await import('#engine/files/prod/prepare-prod.ts');
  // What Compose builds the images of.
  await makeBundleCurrent(PACKAGE_ROOT);
  const result = await prepareProd({ ...options, authority: stateFolder(authority), packageRoot: PACKAGE_ROOT });
  if (!result.ok) return result;
  const port = new URL(result.value.issuer).port || '443';
  return ok({
    ...result.value,
    authority,
    variables: { PASSTHRU_MOUNTS: target, ...(port === `${IDENTITY_PORT}` ? {} : { PASSTHRU_PORT_IDENTITY: port }) },
    composeFiles: FILES.map((file) => join(PACKAGE_ROOT, 'deployments', ...file.split('/'))),
  });
};
