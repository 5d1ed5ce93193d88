import { join } from 'node:path';

/** The folder of our package.json, from src/stack and from dist/stack alike. */
export const PACKAGE_ROOT = join(import.meta.dirname, '../..');
