import { join } from 'node:path';
import { SERVICES } from '#engine/engine.ts';
import { mountFolder } from '#engine/files/mounts/mount-table.ts';
import { isFilled } from '#engine/state/state-folder.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** The folders that `passthru prepare` filled for plain Compose: unseal shares and keys of stacks that this program does not run. */
export const composeSecrets = async (packageRoot = PACKAGE_ROOT): Promise<readonly string[]> => {
  const folders = SERVICES.map((service) => mountFolder(join(packageRoot, 'deployments'), service));
  const filled = await Promise.all(folders.map(isFilled));
  return folders.filter((_, at) => filled[at]);
};
