import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Reporter, TestModule, TestRunEndReason, TestSpecification, Vitest } from 'vitest/node';
import { browserProblem } from '../chromium.ts';
import { engineProblem } from '../docker.ts';
import { ROOT } from '../engine.ts';
import { chosenDatabase } from '../postgres/choice.ts';
import { debianPostgres } from '../postgres/debian-postgres.ts';
import { announcementOf, kindOf, type PlannedRun, type RecordedRuns, type Resources } from './estimate.ts';

/** Kept from run to run; git ignores it, and `npm ci` does not remove it. */
const RECORD = join(ROOT, 'test-results', 'durations.json');

const resourcesHere = async (): Promise<Resources> => {
  const [docker, debian, browser] = (await Promise.all([engineProblem(), debianPostgres.problem(), browserProblem()])).map(
    (problem) => problem === null,
  );
  const hasPostgres = process.env['PASSTHRU_TEST_POSTGRES'] !== undefined || docker === true || debian === true;
  return { docker: docker === true, postgres: hasPostgres && chosenDatabase() !== 'sqlite', browser: browser === true };
};

/** A record that is missing or damaged is none. */
const recordedRuns = async (file: string): Promise<RecordedRuns> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RecordedRuns;
  } catch {
    return {};
  }
};

/** Tells at the start how long a whole run takes, and keeps how long it took; a run of chosen files is told nothing. */
export default class DurationReporter implements Reporter {
  readonly #file: string;
  #vitest: Pick<Vitest, 'globTestSpecifications' | 'config'> | undefined;
  #run: PlannedRun | undefined;
  #began = 0;

  constructor({ file = RECORD }: { readonly file?: string } = {}) {
    this.#file = file;
  }

  onInit(vitest: Pick<Vitest, 'globTestSpecifications' | 'config'>): void {
    this.#vitest = vitest;
    this.#began = performance.now();
  }

  async onTestRunStart(specifications: readonly Pick<TestSpecification, 'project'>[]): Promise<void> {
    const vitest = this.#vitest;
    if (vitest === undefined) return;
    const all = await vitest.globTestSpecifications();
    if (specifications.length < all.length) return;
    this.#run = {
      projects: [...new Set(specifications.map(({ project }) => project.name))],
      files: specifications.length,
      resources: await resourcesHere(),
      coverage: vitest.config.coverage.enabled,
    };
    for (const line of announcementOf(this.#run, await recordedRuns(this.#file))) console.log(line);
  }

  async onTestRunEnd(_modules: readonly TestModule[], _errors: readonly unknown[], reason: TestRunEndReason): Promise<void> {
    if (this.#run === undefined || reason !== 'passed') return;
    const run = { milliseconds: Math.round(performance.now() - this.#began), files: this.#run.files };
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(this.#file, `${JSON.stringify({ ...(await recordedRuns(this.#file)), [kindOf(this.#run)]: run }, null, 2)}\n`);
  }
}
