// Run by npm after an install in a checkout (`postprepare`), on the Node of the machine; plain JavaScript for that reason.
// npm looks for no script of that name in a package that others install; of one named `prepare` it warns there, though it runs none.
import { spawnSync } from 'child_process';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';
import { ownNode } from '../bin/own-node.js';
import './link-node.js';

const bundle = join(dirname(fileURLToPath(import.meta.url)), 'bundle.ts');
const { status } = spawnSync(ownNode() || process.execPath, [bundle], { stdio: 'inherit' });
// An install without development or optional packages, or on an old Node: all of them leave a checkout that works.
if (status !== 0) process.stderr.write('bundle/ was not made, for the reason above. passthru runs its sources, which start more slowly.\n');
