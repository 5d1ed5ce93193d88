/**
 * Makes dist/testing for the package: `passthru/testing` runs in the process of a test runner, so it is JavaScript in the words of an older
 * Node, with types, and once more as CommonJS. It is a file a module, and needs nothing of bundle/.
 */
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const commonjs = join(root, 'dist/testing/commonjs');

const tsc = (...flags: readonly string[]): void => {
  const command = [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.testing.json'), ...flags];
  execFileSync(process.execPath, command, { stdio: 'inherit' });
};

await rm(join(root, 'dist'), { recursive: true, force: true });
tsc();
tsc('--noCheck', '--module', 'commonjs', '--moduleResolution', 'bundler', '--rootDir', join(root, 'src/testing'), '--outDir', commonjs);
await writeFile(join(commonjs, 'package.json'), `${JSON.stringify({ type: 'commonjs' }, null, 2)}\n`);
await writeFile(join(commonjs, 'program.js'), `exports.PROGRAM = require('node:path').join(__dirname, '../../../bin/passthru.js');\n`);
