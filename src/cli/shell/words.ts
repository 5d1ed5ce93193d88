import { isAbsolute, relative } from 'node:path';

/** A word that a POSIX shell takes as one argument. */
export const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** A path as a reader in `cwd` would type it: relative when it is below. */
export const shortPath = (path: string, cwd: string): string => {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
};
