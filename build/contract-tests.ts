import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** The contract tests of the databases: the test files that ask `databaseKinds()`, so that a new one need not be listed. */
const contractTests = async (): Promise<readonly string[]> => {
  const all = (await readdir(join(ROOT, 'test'), { recursive: true })).filter((file) => file.endsWith('.test.ts')).toSorted();
  const asks = await Promise.all(all.map(async (file) => (await readFile(join(ROOT, 'test', file), 'utf8')).includes('databaseKinds()')));
  return all.filter((_, index) => asks[index]).map((file) => join('test', file));
};

/**
 * The arguments of vitest for one database in CI, where every contract test runs once on each: all tests, with coverage, on SQLite;
 * the contract tests alone on PostgreSQL.
 */
export const testsOn = async (database: 'sqlite' | 'postgres'): Promise<readonly string[]> =>
  database === 'sqlite' ? ['--coverage'] : contractTests();
