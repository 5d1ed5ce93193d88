import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { demoTenants, tenantsText } from '../demo-tenants.ts';
import { stateFiles } from '../state-files.ts';
import { closedFolder } from './closed-folder.ts';
import { mountFolder } from './mount-table.ts';

/**
 * The tenant ids to seed with, in the state folder and for containers; `set` puts these in their place. The state folder's are
 * on the disk before it returns; the copies are made from them at every start.
 *
 * @param options.target absolute folder of the mounts
 * @throws AppError when the target can be written by others; the file system's error
 */
export const mountedTenants = async (options: {
  folder: StateFolder;
  target: string;
  set?: DemoTenants | undefined;
  warn: (text: string) => void;
}): Promise<DemoTenants> => {
  const { folder, target, set, warn } = options;
  const tenants = await demoTenants(stateFiles(folder).tenants, { ...(set === undefined ? {} : { set }), warn });
  if (set === undefined) return tenants;
  const folders = [mountFolder(target, 'identity'), mountFolder(target, 'kms')];
  await Promise.all(folders.map(async (path) => (await closedFolder(target, path)).write('tenants.json', tenantsText(tenants))));
  return tenants;
};
