import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import DurationReporter from '#test/support/duration/duration-reporter.ts';
import { announcementOf, kindOf, type PlannedRun } from '#test/support/duration/estimate.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const NOTHING = { docker: false, postgres: false, browser: false };
const ALL = { docker: true, postgres: true, browser: true };
const PROJECTS = ['browser', 'parts', 'whole'];

const planned = (change: Partial<PlannedRun> = {}): PlannedRun => ({
  projects: PROJECTS,
  files: 200,
  resources: ALL,
  coverage: true,
  ...change,
});

const minutesOf = (run: PlannedRun): number => Number(/about (\d+) min/.exec(announcementOf(run, {})[0] ?? '')?.[1]);

describe('The announcement of a whole run of the tests', () => {
  it('is an estimate for what is there, where no run of its kind is recorded', () => {
    expect(announcementOf(planned(), { [kindOf(planned({ coverage: false }))]: { milliseconds: 1, files: 1 } })).toEqual([
      expect.stringMatching(/^200 test files take about \d+ min: an estimate for two processors\.$/),
      'With Docker, PostgreSQL and a browser.',
      '`npm run test:fast` takes less: it leaves out the end-to-end and fault tests.',
    ]);
    for (const name of ['docker', 'postgres', 'browser'] as const)
      expect(minutesOf(planned({ resources: { ...ALL, [name]: false } }))).toBeLessThan(minutesOf(planned()));
    expect(minutesOf(planned({ projects: ['browser', 'parts'] }))).toBeLessThan(minutesOf(planned()));
  });

  it('names what is missing, and takes five lines at most', () => {
    expect(announcementOf(planned({ resources: NOTHING }), {})).toContain(
      'Without Docker, PostgreSQL and a browser: tests that need it are left out.',
    );
    const some = announcementOf(planned({ resources: { ...ALL, docker: false } }), {});
    expect(some.slice(1, 3)).toEqual(['With PostgreSQL and a browser.', 'Without Docker: tests that need it are left out.']);
    expect(some.length).toBeLessThanOrEqual(5);
  });

  it('is what the last run of the same kind took, scaled to the files of this one', () => {
    const runs = { [kindOf(planned())]: { milliseconds: 10 * 60_000, files: 100 } };
    expect(announcementOf(planned({ files: 110 }), runs)[0]).toBe('110 test files take about 11 min: as long as the last run here.');
    expect(announcementOf(planned({ resources: NOTHING }), runs)[0]).toContain('an estimate');
  });
});

describe('The reporter of how long a run takes', () => {
  afterEach(() => void vi.restoreAllMocks());

  const all = Array.from({ length: 3 }, () => ({ project: { name: 'parts' } }) as TestSpecification);

  /** A run of so many of the three test files, which passes or does not; answers with what was told at its start. */
  const run = async (file: string, files: number, reason: 'passed' | 'failed' = 'passed'): Promise<readonly string[]> => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const reporter = new DurationReporter({ file });
    reporter.onInit({ globTestSpecifications: async () => all, config: { coverage: { enabled: false } } } as unknown as Vitest);
    await reporter.onTestRunStart(all.slice(0, files));
    await reporter.onTestRunEnd([], [], reason);
    return log.mock.calls.splice(0).map(([line]) => String(line));
  };

  it('tells it from the record of the run before', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'new', 'durations.json');
    expect((await run(file, 3))[0]).toMatch(/^3 test files take about \d+ min: an estimate/);
    expect((await run(file, 3))[0]).toBe('3 test files take about 1 min: as long as the last run here.');
  });

  it('tells and keeps nothing of a run of chosen files, and keeps none that failed', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'durations.json');
    expect(await run(file, 2)).toEqual([]);
    expect(await run(file, 3, 'failed')).not.toEqual([]);
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
