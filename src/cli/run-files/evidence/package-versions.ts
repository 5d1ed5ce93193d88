import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** The programs whose packages can be part of a run. */
const PROGRAMS = ['cli', 'kms', 'identity'];

/**
 * The packages of which a run is made, by name: those in the bundle, where the bundle is what runs; in a checkout that runs its sources those
 * that it names, as they are installed. Where two versions of one are in use, it has both.
 *
 * @throws the file system's error
 */
export const packageVersions = async (): Promise<Readonly<Record<string, string>>> => {
  const bundle = join(PACKAGE_ROOT, 'bundle');
  const packages = dirname(import.meta.dirname) === bundle ? await bundledIn(bundle) : await installedIn(PACKAGE_ROOT);
  const versions = Map.groupBy(packages, ({ name }) => name);
  return Object.fromEntries([...versions].map(([name, found]) => [name, [...new Set(found.map(({ version }) => version))].join(', ')]));
};

interface Package {
  readonly name: string;
  readonly version: string;
}

const bundledIn = async (bundle: string): Promise<readonly Package[]> => {
  const lists = await Promise.all(PROGRAMS.map((program) => readFile(join(bundle, program, 'packages.json'), 'utf8')));
  return lists.flatMap((list) => JSON.parse(list) as readonly Package[]);
};

const installedIn = async (root: string): Promise<readonly Package[]> => {
  const { devDependencies } = await packageFile<{ readonly devDependencies: Readonly<Record<string, string>> }>(root);
  return Promise.all(Object.keys(devDependencies).map((name) => packageFile<Package>(join(root, 'node_modules', name))));
};

const packageFile = async <T>(folder: string): Promise<T> => JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as T;
