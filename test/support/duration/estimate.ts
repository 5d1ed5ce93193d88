/** Things of the machine that tests use where they are there; without one, the tests that need it are left out. */
export interface Resources {
  readonly docker: boolean;
  readonly postgres: boolean;
  readonly browser: boolean;
}

/** How long a whole run took that passed. */
export interface RecordedRun {
  readonly milliseconds: number;
  readonly files: number;
}

/** Runs by `kindOf`: a run without Docker says nothing about one with it. */
export type RecordedRuns = Readonly<Record<string, RecordedRun>>;

/** A run that is about to start: every test file of these projects of vitest.config.ts. */
export interface PlannedRun {
  readonly projects: readonly string[];
  readonly files: number;
  readonly resources: Resources;
  readonly coverage: boolean;
}

/** Minutes on two processors, about, for a checkout without a run of its kind yet: of the tests that need nothing, and of those that need a resource. */
const MINUTES: Readonly<Record<string, { readonly always: number } & Partial<Record<keyof Resources, number>>>> = {
  parts: { always: 6, postgres: 3, docker: 1 },
  whole: { always: 5, docker: 5 },
  browser: { always: 0, browser: 2 },
  load: { always: 0, docker: 2 },
};
const NAMES: Readonly<Record<keyof Resources, string>> = { docker: 'Docker', postgres: 'PostgreSQL', browser: 'a browser' };

/** Names the runs that may be compared with each other. */
export const kindOf = ({ projects, resources, coverage }: PlannedRun): string =>
  [...projects.toSorted(), ...namesOf(resources, true), ...(coverage ? ['coverage'] : [])].join(' ');

const namesOf = (resources: Resources, there: boolean): readonly string[] =>
  (Object.keys(NAMES) as (keyof Resources)[]).filter((name) => resources[name] === there).map((name) => NAMES[name]);

/** How long the run takes: as long as the last one of its kind, more or less by the files that came or went; else what was measured. */
const millisecondsOf = (run: PlannedRun, last: RecordedRun | undefined): number => {
  if (last !== undefined) return (last.milliseconds * run.files) / last.files;
  const minutes = run.projects.flatMap((project) => {
    const { always = 0, ...needing } = MINUTES[project] ?? {};
    return [always, ...Object.entries(needing).map(([name, each]) => (run.resources[name as keyof Resources] ? each : 0))];
  });
  return minutes.reduce((sum, each) => sum + each, 0) * 60_000;
};

const list = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]+)$/, ' and $1');

/** The lines that a run prints at its start, five at most. */
export const announcementOf = (run: PlannedRun, runs: RecordedRuns): readonly string[] => {
  const last = runs[kindOf(run)];
  const minutes = Math.max(1, Math.round(millisecondsOf(run, last) / 60_000));
  const [there, missing] = [namesOf(run.resources, true), namesOf(run.resources, false)];
  return [
    `${run.files} test files take about ${minutes} min: ${last === undefined ? 'an estimate for two processors' : 'as long as the last run here'}.`,
    ...(there.length === 0 ? [] : [`With ${list(there)}.`]),
    ...(missing.length === 0 ? [] : [`Without ${list(missing)}: tests that need it are left out.`]),
    ...(run.projects.includes('whole') ? ['`npm run test:fast` takes less: it leaves out the end-to-end and fault tests.'] : []),
  ];
};
