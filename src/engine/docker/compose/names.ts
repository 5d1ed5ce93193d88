import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { SERVICES } from '../../engine.ts';

/** Networks and volumes by their names in the Compose files. */
export interface ComposeNames {
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

/**
 * Every network and volume that the Compose files of a package name, whatever the profile: those that no container uses are not
 * made, labels or no labels.
 *
 * @throws the file system's error
 */
export const composeNames = async (packageRoot: string): Promise<ComposeNames> => {
  const folders = SERVICES.map((product) => join(packageRoot, 'deployments', product));
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder)).filter((name) => /^compose.*\.yml$/.test(name)).map((name) => join(folder, name)),
    ),
  );
  const trees = await Promise.all(files.flat().map(async (file) => treeOf(await readFile(file, 'utf8'))));
  const keys = (section: string) => [...new Set(trees.flatMap((tree) => Object.keys(tree[section] ?? {})))].toSorted();
  return { networks: keys('networks'), volumes: keys('volumes') };
};

/** Compose's own tags, `!reset` and `!override`, mean nothing here. */
const treeOf = (text: string): Readonly<Record<string, object | null>> => parseDocument(text, { logLevel: 'silent' }).toJS() ?? {};
