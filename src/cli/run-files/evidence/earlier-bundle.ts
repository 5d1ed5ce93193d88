import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';
import { BUNDLE_KIND, FILES } from '#infra/evidence/bundle/manifest.ts';

/**
 * Whether a folder holds a bundle and nothing else: a manifest of ours, and of other files those that it lists. Many programs call a file
 * of theirs `manifest.json`; a folder is given away on the word of one of ours alone.
 *
 * @throws the file system's error
 */
export const isBundleAlone = async (folder: string): Promise<boolean> => {
  const listed = await listedIn(join(folder, FILES.manifest));
  if (listed === null) return false;
  const files = new Set<string>([...listed, FILES.manifest, FILES.signature]);
  const folders = new Set([...files].flatMap(foldersAbove));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.every((entry) => {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    return entry.isDirectory() ? folders.has(path) : entry.isFile() && files.has(path);
  });
};

/** The paths that a manifest lists, of any version; null: this is no manifest of a bundle. */
const listedIn = async (path: string): Promise<readonly string[] | null> => {
  try {
    if (!(await lstat(path)).isFile()) return null;
    const manifest = JSON.parse(await readFile(path, 'utf8')) as {
      readonly kind?: unknown;
      readonly files?: readonly { readonly path: string }[];
    } | null;
    return manifest?.kind === BUNDLE_KIND && Array.isArray(manifest.files) ? manifest.files.map((file) => String(file?.path)) : null;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || hasCode(thrown, 'ENOENT')) return null;
    throw thrown;
  }
};

const foldersAbove = (path: string): readonly string[] => {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
};
