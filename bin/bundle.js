// Plain JavaScript, as bin/passthru.js. Needed in a checkout alone: a package has no src/ that its bundle could be older than.
import { existsSync, readFileSync, statSync } from 'fs';
import { join } from 'path';

/** npm's own list of what it installed: it changes when packages do. */
export const INSTALLED = 'node_modules/.package-lock.json';

/** Size in bytes and time of the last change in whole milliseconds, which a copy keeps; null for a file that is not there. */
export const stateOf = (file) => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? null : [found.size, Math.trunc(found.mtimeMs)];
};

/** The list of what a program of bundle/ was made of, or by, each file with its state; `build/bundle.ts` writes it. */
export const sourcesOf = (program) => 'bundle/' + program + '.sources.json';

/** Whether these programs of bundle/ are there, and each file that they were made of, or by, is as it was then. */
export const isCurrent = (root, programs) =>
  programs.every((program) => {
    const list = join(root, sourcesOf(program));
    if (!existsSync(list)) return false;
    const sources = JSON.parse(readFileSync(list, 'utf8'));
    return Object.keys(sources).every((file) => {
      const then = sources[file];
      const now = stateOf(root + '/' + file);
      return now === null || then === null ? now === then : now[0] === then[0] && now[1] === then[1];
    });
  });
