/**
 * `npm run bench [name …]`: runs the benchmarks, writes `bench-results/latest.json`, keeps the run before as
 * `bench-results/previous.json`, and prints each median as a ratio to it. Machines differ and are noisy: read ratios of runs
 * on one machine, not single numbers.
 *
 * `npm run bench commands -- --before FOLDER [--pairs 5] [--row NAME …]` holds commands of this checkout against those of another.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { authenticationComparison } from './authentication.bench.ts';
import { budgetComparison } from './budget.bench.ts';
import { compareCommands } from './commands/commands.bench.ts';
import { demoSuite } from './demo.bench.ts';
import { dockerComparison } from './docker.bench.ts';
import { flatComparisons } from './flat.bench.ts';
import { httpSuite } from './http.bench.ts';
import { kmsSuite } from './kms.bench.ts';
import { logInComparison } from './log-ins.bench.ts';
import { refusalComparisons } from './refusals.bench.ts';
import { secretsSuite } from './secrets.bench.ts';
import { snapshotComparison } from './snapshot.bench.ts';
import { suitesComparison } from './suites.bench.ts';
import { tenantsComparisons } from './tenants.bench.ts';
import { workersComparison } from './workers.bench.ts';
import { type Comparison, type Measurement, type Ratio, ratioOf, type Suite } from './suite.ts';

interface Results {
  readonly node: string;
  readonly cpu: string;
  readonly measured_at: string;
  readonly benchmarks: Readonly<Record<string, Measurement>>;
  /** Two ways side by side: of each comparison the ratio of ours to the other. */
  readonly comparisons?: Readonly<Record<string, Ratio>>;
}

const { values: flags, positionals: wanted } = parseArgs({
  options: { before: { type: 'string' }, pairs: { type: 'string', default: '5' }, row: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});

const commands: Comparison = () => {
  if (flags.before === undefined) throw new TypeError('commands needs --before, the folder of another checkout with its packages');
  return compareCommands({ before: flags.before, pairs: Number(flags.pairs), rows: flags.row });
};

const SUITES: Readonly<Record<string, Suite>> = { kms: kmsSuite, secrets: secretsSuite, http: httpSuite, demo: demoSuite };
/** Only when named: they need what not every machine has. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  budget: budgetComparison,
  commands,
  docker: dockerComparison,
  snapshot: snapshotComparison,
  suites: suitesComparison,
  authentication: authenticationComparison,
  'log-ins': logInComparison,
  workers: workersComparison,
  ...tenantsComparisons,
  ...refusalComparisons,
  ...flatComparisons,
};
const FOLDER = join(import.meta.dirname, '../../bench-results');
/** Of a comparison with many pairs. */
const MAX_PAIRS_SHOWN = 10;
const LATEST = join(FOLDER, 'latest.json');

const measure = async (suite: Suite): Promise<Record<string, Measurement>> => {
  await using prepared = await suite();
  const bench = new Bench({ time: 500, warmupTime: 100, throws: true, ...prepared.options });
  for (const [name, task] of Object.entries(prepared.tasks)) bench.add(name, task);
  await bench.run();
  return Object.fromEntries(
    bench.tasks.flatMap((task) => {
      if (!('latency' in task.result)) return [];
      const { p50, p99, samplesCount } = task.result.latency;
      return [[task.name, { median_ms: p50, p99_ms: p99, samples: samplesCount }]];
    }),
  );
};

const readResults = (file: string): Promise<Results | null> =>
  readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Results,
    () => null,
  );

const names = [...Object.keys(SUITES), ...Object.keys(COMPARISONS)];
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) throw new TypeError(`no suite ${unknown}; there are ${names.join(', ')}`);

const benchmarks: Record<string, Measurement> = {};
for (const [name, suite] of Object.entries(SUITES)) {
  if (wanted.length === 0 || wanted.includes(name)) Object.assign(benchmarks, await measure(suite));
}

const comparisons: Record<string, Ratio> = {};
for (const [name, comparison] of Object.entries(COMPARISONS)) {
  if (!wanted.includes(name)) continue;
  for (const compared of [await comparison()].flat()) comparisons[`${compared.ours} / ${compared.theirs}`] = ratioOf(compared);
}

await mkdir(FOLDER, { recursive: true });
const previous = await readResults(LATEST);
if (previous !== null) await rename(LATEST, join(FOLDER, 'previous.json'));
const results: Results = {
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  measured_at: new Date().toISOString(),
  benchmarks,
  comparisons,
};
await writeFile(LATEST, `${JSON.stringify(results, null, 2)}\n`);

for (const [name, { median_ms, p99_ms, samples }] of Object.entries(benchmarks)) {
  const before = previous?.benchmarks[name]?.median_ms;
  const ratio = before === undefined ? 'new' : `${(median_ms / before).toFixed(2)} × the run before`;
  console.log(
    `${name.padEnd(58)} ${median_ms.toFixed(3).padStart(10)} ms  p99 ${p99_ms.toFixed(3).padStart(10)} ms  n ${String(samples).padStart(6)}  ${ratio}`,
  );
}

for (const [name, { ratio, ratios, aim, ours_median_ms, theirs_median_ms }] of Object.entries(comparisons)) {
  const each = ratios.slice(0, MAX_PAIRS_SHOWN).map((one) => one.toFixed(2));
  if (ratios.length > MAX_PAIRS_SHOWN) each.push('…');
  console.log(
    `${name}\n  ${ratio.toFixed(3)} (pairs ${each.join(' ')}; aim ≤ ${aim}), medians ${ours_median_ms.toPrecision(3)} ms / ${theirs_median_ms.toPrecision(3)} ms`,
  );
}

const exceeded = Object.entries(comparisons).filter(([, { ratio, aim, is_budget }]) => is_budget && ratio > aim);
for (const [name, { ratio, aim }] of exceeded)
  console.error(`over its budget: ${name} is ${ratio.toFixed(2)}, and may be ${aim} (test/bench/budget.json)`);
if (exceeded.length > 0) process.exitCode = 1;
