import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { testsOn } from '../../build/contract-tests.ts';
import config from '../../vitest.config.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly permissions?: unknown;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly (string | number)[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: unknown;
  readonly concurrency: { readonly group: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflow = parse(await read('.github/workflows/ci.yml')) as Workflow;
const setUp = parse(await read('.github/actions/set-up/action.yml')) as { readonly runs: { readonly steps: readonly Step[] } };
const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
const jobs = Object.entries(workflow.jobs);

/** The commands of a job, one for each value of its matrix. */
const commandsOf = (job: Job): readonly string[] => {
  const matrix = Object.entries(job.strategy?.matrix ?? {});
  const written = job.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
  return matrix.reduce<readonly string[]>(
    (commands, [name, values]) =>
      commands.flatMap((command) => [...new Set(values.map((value) => command.replaceAll(`\${{ matrix.${name} }}`, String(value))))]),
    written,
  );
};

/** The npm script that a command runs; null for another command. */
const scriptOf = (command: string): string | null => /^npm (?:run ([\w:]+)|(test))$/.exec(command)?.slice(1).find(Boolean) ?? null;

const inRun = (await read('.ci/run')).split('\n').filter((line) => line.startsWith('npm '));

describe('The workflow', () => {
  it.each([
    ['the demo of a newcomer', 'demo-fresh', ['demo:fresh']],
    ['the demo of the KMS', 'demo-kms', ['demo:kms']],
    ['the demo of Identity', 'demo-identity', ['demo:identity']],
    ['the demo of both', 'demo-all', ['demo:all']],
    ['the demo without Docker', 'demo-embedded', ['demo:embedded']],
    ['the static checks and the budget', 'check', ['check:static', 'bench:budget']],
    ['the tests on both databases', 'tests', ['test:sqlite', 'test:postgres']],
  ])('has a job for %s', (_, id, expected) => {
    const job = workflow.jobs[id];
    expect(job).toBeDefined();
    expect(commandsOf(job as Job).flatMap((command) => scriptOf(command) ?? [])).toEqual(expected);
  });

  it('calls only npm scripts that there are, and nothing else but the installation of packages and their rights', () => {
    const commands = [...jobs.flatMap(([, job]) => commandsOf(job)), ...setUp.runs.steps.flatMap(({ run }) => run ?? [])];
    expect(commands.flatMap((command) => scriptOf(command) ?? []).filter((script) => !(script in scripts))).toEqual([]);
    const others = commands.filter((command) => scriptOf(command) === null);
    expect(others.filter((command) => !/^(npm ci$|sudo (apt-get|setcap) )/.test(command))).toEqual([]);
  });

  it('shows each demo with every Node that a user may have', () => {
    for (const [id, job] of jobs.filter(([id]) => id.startsWith('demo-'))) expect(job.strategy?.matrix['node'], id).toEqual([20, 24]);
  });

  it('may only read, checks out without leaving a credential, and uses actions that are pinned', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const [id, { steps, permissions }] of jobs) {
      expect(permissions, id).toBeUndefined();
      const [first] = steps;
      expect(first?.uses, id).toMatch(/^actions\/checkout@/);
      expect(first?.with, id).toMatchObject({ 'persist-credentials': false });
    }
    const used = [...jobs.flatMap(([, { steps }]) => steps), ...setUp.runs.steps].flatMap(({ uses }) => uses ?? []);
    for (const uses of used) expect(uses).toMatch(/^(actions\/[\w-]+@(v\d+|[0-9a-f]{40})|\.\/\.github\/actions\/set-up)$/);
  });

  it('keeps the results of demos and tests, also of those that fail, under a name for each run of a matrix', () => {
    for (const [id, { steps, strategy }] of jobs.filter(([id]) => id !== 'check')) {
      const upload = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@') ?? false);
      expect(upload?.if, id).toBe('always()');
      expect(String(upload?.with?.['path']), id).toContain('test-results/');
      for (const name of Object.keys(strategy?.matrix ?? {})) expect(upload?.with?.['name'], id).toContain(`\${{ matrix.${name} }}`);
    }
  });

  it('ends by itself, and leaves an older run of the same branch behind', () => {
    for (const [id, job] of jobs) expect(job['timeout-minutes'], id).toBeLessThanOrEqual(60);
    expect(workflow.concurrency.group).toContain('github.ref');
  });

  it('is the only one, so that every job is looked at here', async () => {
    expect(await readdir(join(ROOT, '.github/workflows'))).toEqual(['ci.yml']);
  });
});

describe('.ci/run', () => {
  it('runs every script that the workflow runs', () => {
    const wanted = jobs.flatMap(([, job]) => commandsOf(job)).filter((command) => scriptOf(command) !== null);
    // The README's command is the jobs of both databases in one.
    const atOnce = wanted.map((command) => command.replace(/^npm run test:(sqlite|postgres)$/, 'npm test'));
    expect(inRun.toSorted()).toEqual([...new Set(['npm ci', ...atOnce])].toSorted());
  });

  it("runs the newcomer's demo before any test that could leave a file in the checkout or an image on the engine", () => {
    const first = inRun.filter((line) => !['npm ci', 'npm run check:static'].includes(line))[0];
    expect(first).toBe('npm run demo:fresh');
  });

  it('fails where something that it needs is missing', async () => {
    expect(await read('.ci/run')).toMatch(/^set -eu$[\s\S]*^export CI=true$[\s\S]*^npm ci$/m);
  });
});

describe('The tests that CI runs', () => {
  it('fail below a coverage of 80 %', async () => {
    const { thresholds = {} } = config.test?.coverage ?? {};
    expect(thresholds).toEqual({ statements: 80, branches: 80, functions: 80, lines: 80 });
  });

  it('are all tests with coverage on SQLite, and on PostgreSQL the contract tests alone, which so run once on each', async () => {
    expect(await testsOn('sqlite')).toEqual(['--coverage']);
    const onPostgres = await testsOn('postgres');
    expect(onPostgres).toContain('test/kms/replicas.test.ts');
    const asking = await Promise.all(onPostgres.map(async (file) => (await read(file)).includes('databaseKinds()')));
    expect(asking).not.toContain(false);
  });
});
