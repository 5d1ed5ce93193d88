import { randomUUIDv7 } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { postgresProviders } from '#test/support/postgres/providers.ts';
import type { PostgresProvider } from '#test/support/postgres/running-postgres.ts';

const TESTS = join(import.meta.dirname, '..');

let printed = '';
beforeEach(() => {
  printed = '';
  vi.stubEnv('CI', undefined);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The helper as a test file sees it, on a machine whose engine does not answer. */
const withoutEngine = async () => {
  vi.stubEnv('DOCKER_HOST', `unix:///nowhere/${randomUUIDv7()}.sock`);
  vi.resetModules();
  return import('#test/support/docker.ts');
};

describe('A test that needs a Docker engine', () => {
  it('is left out where none answers, and the reason is printed once', async () => {
    const { dockerEngine, dockerImages } = await withoutEngine();
    expect(await dockerEngine()).toBe(false);
    expect(await dockerImages('postgres:17-trixie')).toBe(false);
    expect(printed).toMatch(/^tests that need a Docker engine with Compose are left out: docker version .*\n$/);
  });

  it('fails in CI', async () => {
    const { dockerEngine } = await withoutEngine();
    vi.stubEnv('CI', 'true');
    await expect(dockerEngine()).rejects.toThrow('CI must have a Docker engine with Compose: docker version');
  });
});

const provider = (name: string, problem: string | null): PostgresProvider => ({
  name,
  problem: async () => problem,
  start: () => Promise.reject(new Error('nobody starts it')),
  startInMemory: () => Promise.reject(new Error('nobody starts it')),
});

describe('A test that needs PostgreSQL', () => {
  it('gets the second provider where the first has a problem, which is printed', async () => {
    const second = provider('the second', null);
    expect(await postgresProviders([provider('the first', 'no such image'), second])).toEqual([second]);
    expect(printed).toBe('tests go on with the second: no the first: no such image\n');
  });

  it('goes on with SQLite alone where there is none, but not in CI', async () => {
    const none = [provider('the first', 'no such image'), provider('the second', 'not installed')];
    expect(await postgresProviders(none)).toEqual([]);
    expect(printed).toContain('tests go on with SQLite alone: no the first: no such image\n');
    vi.stubEnv('CI', 'true');
    await expect(postgresProviders(none)).rejects.toThrow(
      'CI must test on PostgreSQL: no the first: no such image; no the second: not installed',
    );
  });
});

describe('A test that needs a browser', () => {
  it('has the name by which it runs before those that make networks', async () => {
    const tests = (await readdir(TESTS, { recursive: true })).filter((file) => file.endsWith('.test.ts'));
    const starts = async (file: string): Promise<boolean> =>
      /from '[^']*support\/chromium\.ts'/.test(await readFile(join(TESTS, file), 'utf8'));
    const starting = (await Promise.all(tests.map(async (file) => ((await starts(file)) ? [file] : [])))).flat();
    expect(starting.length).toBeGreaterThan(0);
    expect(starting.toSorted()).toEqual(tests.filter((file) => file.endsWith('.browser.test.ts')).toSorted());
  });
});
