import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { jsonObject } from '#infra/json/json-object.ts';

/**
 * The folder in which npm has linked the Node that came with this package, so that scripts of the project and `npx` run on it; null where
 * it has not, or where this package is not installed in a project around the working folder, as in a checkout of its own.
 *
 * @param packageRoot folder of our package.json, without symbolic links
 */
export const linkedNode = async (packageRoot: string, workingFolder: string): Promise<string | null> => {
  const modules = dirname(packageRoot);
  const isOfProject = basename(modules) === 'node_modules' && !relative(dirname(modules), workingFolder).startsWith('..');
  if (!isOfProject) return null;
  const folder = join(modules, '.bin');
  const packages = jsonObject(await readFile(join(packageRoot, 'package.json'), 'utf8'))?.['optionalDependencies'] ?? {};
  const program = await realpath(join(folder, 'node')).catch(() => '');
  return Object.keys(packages).some((name) => program.startsWith(join(modules, name) + sep)) ? folder : null;
};
