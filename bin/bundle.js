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

/** Whether bundle/ is there, and each file that it was made of, or by, is as it was then. `build/bundle.ts` writes the list. */
export const isCurrent = (root) => {
  const list = join(root, 'bundle/sources.json');
  if (!existsSync(list)) return false;
  return Object.entries(JSON.parse(readFileSync(list, 'utf8'))).every(([file, then]) => {
    const now = stateOf(join(root, file));
    return now === null || then === null ? now === then : now[0] === then[0] && now[1] === then[1];
  });
};
