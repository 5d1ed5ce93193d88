import { readFile } from 'node:fs/promises';

/** The program `verify.mjs` that goes into each bundle; `npm run generate` makes it of the sources in `bundle/`. */
export const verifierText = (): Promise<string> => readFile(new URL('./verify.mjs', import.meta.url), 'utf8');
