/**
 * Runs the contract tests of the databases on one kind: `node build/contract-tests.ts sqlite|postgres`.
 * These are the test files that ask `databaseKinds()`, so a new one belongs to the matrix without being listed.
 */
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [kind, ...more] = process.argv.slice(2);
if (kind !== 'sqlite' && kind !== 'postgres') throw new Error('usage: node build/contract-tests.ts sqlite|postgres [flags of vitest]');

const tests = (await readdir(join(root, 'test'), { recursive: true })).filter((file) => file.endsWith('.test.ts'));
const contracts: string[] = [];
for (const file of tests.toSorted()) {
  if ((await readFile(join(root, 'test', file), 'utf8')).includes('databaseKinds()')) contracts.push(join('test', file));
}
if (contracts.length === 0) throw new Error('no test file asks databaseKinds()');

const { status, error } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...contracts, ...more], {
  cwd: root,
  stdio: 'inherit',
  // oxlint-disable-next-line node/no-process-env -- the tests' environment is this one with one word more
  env: { ...process.env, PASSTHRU_TEST_DATABASE: kind },
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
