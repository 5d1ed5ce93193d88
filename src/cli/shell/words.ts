import { isAbsolute, relative } from 'node:path';

// Commands and paths as a reader can paste them into a shell. This folder knows nothing else of the CLI.

/** A path as a reader in `cwd` would type it: relative when it is below. */
export const shortPath = (path: string, cwd: string): string => {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
};
