/** Runs the tests of one database as CI does: `node build/database-tests.ts sqlite|postgres`, then any flags of vitest. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { testsOn } from './contract-tests.ts';

const root = join(import.meta.dirname, '..');
const [database, ...flags] = process.argv.slice(2);
if (database !== 'sqlite' && database !== 'postgres')
  throw new Error('usage: node build/database-tests.ts sqlite|postgres [flags of vitest]');

const args = ['run', ...(await testsOn(database)), ...flags];
const { status, error } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
  cwd: root,
  stdio: 'inherit',
  // oxlint-disable-next-line node/no-process-env -- the tests' environment is this one with one word more
  env: { ...process.env, PASSTHRU_TEST_DATABASE: database },
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
