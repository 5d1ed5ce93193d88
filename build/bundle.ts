/**
 * Makes bundle/ where it is not what src/ becomes: a folder a program, each with the few files that its 2,000 modules become
 * (docs/decisions/0051). In a checkout these run in the place of src/ as long as nothing changed since (bin/bundle.js); in the package and in
 * images they are what runs. `npm ci` and `npm pack` call this, a start on Docker does before it builds images, and `npm run build`.
 */
import { join } from 'node:path';
import { isCurrent } from '../bin/bundle.js';
import { PROGRAMS } from './bundle/programs.ts';

const root = join(import.meta.dirname, '..');

if (!isCurrent(root, Object.keys(PROGRAMS))) await (await import('./bundle/make-bundle.ts')).makeBundle(root);
