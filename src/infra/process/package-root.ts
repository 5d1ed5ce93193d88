import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InternalError } from '#infra/apperr/app-error.ts';

const rootAbove = (folder: string): string => {
  if (existsSync(join(folder, 'bin/passthru.js'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new InternalError(`no folder above ${import.meta.dirname} holds bin/passthru.js`);
  return rootAbove(above);
};

/** The folder of our package.json and of bin/passthru.js, however far above this code it lies: src/, dist/ and bundle/ differ in that. */
export const PACKAGE_ROOT = rootAbove(import.meta.dirname);
