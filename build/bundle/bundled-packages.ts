import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface PackageFile {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/**
 * The packages that modules belong to: as a list for scanners (name, version, licence as an SPDX expression), and the texts of their
 * licences, which want to go along with each copy.
 *
 * @param modules absolute paths
 */
export const packagesOf = async (modules: readonly string[]): Promise<{ readonly list: string; readonly licences: string }> => {
  const folders = [...new Set(modules.filter((file) => file.includes('/node_modules/')).map(folderOf))].toSorted();
  const packages = await Promise.all(
    folders.map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageFile;
      if (name === undefined || version === undefined || license === undefined) throw new Error(`${folder}/package.json names no licence`);
      return { name, version, license, text: await licenceIn(folder) };
    }),
  );
  const list = packages.map(({ name, version, license }) => ({ name, version, license }));
  const licences = packages.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text.trim()}\n`);
  return { list: `${JSON.stringify(list, null, 2)}\n`, licences: licences.join(`\n${'-'.repeat(80)}\n\n`) };
};

/** The folder of the package that a module belongs to: the one below the nearest node_modules, whatever package.json lies in between. */
const folderOf = (file: string): string => {
  const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  if (folder === undefined || !existsSync(join(folder, 'package.json'))) throw new Error(`${dirname(file)} belongs to no package`);
  return folder;
};

const licenceIn = async (folder: string): Promise<string> => {
  const name = (await readdir(folder)).find((each) => /^(licen[cs]e|copying)/i.test(each));
  return name === undefined ? 'Its package holds no text of it.' : readFile(join(folder, name), 'utf8');
};
