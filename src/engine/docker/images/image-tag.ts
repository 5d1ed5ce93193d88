import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';
import { SERVICES } from '../../engine.ts';
import { makeBundleCurrent } from '#engine/files/current-bundle.ts';

/**
 * The tag of our images: a hash over all that they are built from, so that unchanged code is never built again, and changed
 * code never runs in an old image. In a checkout, what they are built from is made first where something changed.
 *
 * @param packageRoot folder of our package.json
 * @throws AppError `bundle-not-made`; the file system's error
 */
export const imageTag = async (packageRoot: string): Promise<string> => {
  await makeBundleCurrent(packageRoot);
  const recipes = [...SERVICES, 'postgres'].flatMap((product) => [
    `deployments/${product}/Dockerfile`,
    `deployments/${product}/Dockerfile.dockerignore`,
  ]);
  const ignored = await Promise.all(recipes.filter(isIgnoreFile).map((file) => readFile(join(packageRoot, file), 'utf8')));
  const inputs = new Set([...recipes, ...ignored.flatMap(exceptions)]);
  const found = await Promise.all([...inputs].map((input) => filesBelow(join(packageRoot, input))));
  const files = [...new Set(found.flat())]
    .map((file) => ({ file, name: relative(packageRoot, file).split(sep).join('/') }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const contents = await Promise.all(files.map(({ file }) => readFile(file)));
  const hash = createHash('sha256');
  for (const [i, { name }] of files.entries()) hash.update(`\0${name}\0${contents[i]?.length}\0`).update(contents[i] ?? '');
  return hash.digest('hex').slice(0, 16);
};

const isIgnoreFile = (file: string): boolean => file.endsWith('.dockerignore');

/** Ours ignore everything (`*`) but what they name (`!bundle/kms`): that is what a build can see. */
const exceptions = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1).trim()] : []));

/** Every file below a folder, or the file itself; none when there is neither. */
const filesBelow = async (path: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return [path];
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
};
