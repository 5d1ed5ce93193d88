import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BundleFiles } from './manifest.ts';
import type { EvidenceFault } from './verdict.ts';

/** A bundle has some fifty files, of some megabytes at most. */
const MAX_FILES = 10_000;
const MAX_BYTES = 512 * 1024 * 1024;

/** The files of a folder, and what is there that is no file: links, sockets, folders with nothing in them. @throws the file system's error */
export const readBundle = async (folder: string): Promise<{ readonly files: BundleFiles; readonly faults: readonly EvidenceFault[] }> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const faults: EvidenceFault[] = [];
  const paths: string[] = [];
  const filled = new Set(entries.map(({ parentPath }) => parentPath));
  for (const entry of entries) {
    const full = join(entry.parentPath, entry.name);
    const path = relative(folder, full).split(sep).join('/');
    if (entry.isFile()) paths.push(path);
    else if (!entry.isDirectory()) faults.push({ where: path, what: 'is neither a file nor a folder' });
    else if (!filled.has(full)) faults.push({ where: path, what: 'is a folder with nothing in it' });
  }
  if (paths.length > MAX_FILES)
    return { files: new Map(), faults: [{ where: null, what: `has ${paths.length} files: this is no bundle` }] };
  const read: [string, Uint8Array][] = [];
  let left = MAX_BYTES;
  for (const path of paths.toSorted()) {
    left -= (await stat(join(folder, path))).size;
    if (left < 0) return { files: new Map(read), faults: [...faults, { where: path, what: `makes more than ${MAX_BYTES} bytes` }] };
    read.push([path, await readFile(join(folder, path))]);
  }
  return { files: new Map(read), faults };
};
