/**
 * Runs a demo as a user would, and keeps its report and the logs of its services: `node build/ci-demo.ts kms|identity|all --engine docker|embedded`,
 * then any other flags of `passthru demo`.
 *
 * test-results/demo-<what>-<engine>.json             the report
 * test-results/logs/demo-<what>-<engine>/<part>.log  what each service and database logged, also when the demo failed
 *
 * Ends with the demo's exit code, or with 1 when the demo passed and its logs or its teardown did not.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { StatusDocument } from '../src/cli/documents/status.ts';
import type { Report } from '../src/demo/report.ts';

const root = join(import.meta.dirname, '..');
const [what, flag, engine, ...more] = process.argv.slice(2);
if (what === undefined || flag !== '--engine' || engine === undefined) {
  throw new Error('usage: node build/ci-demo.ts kms|identity|all --engine docker|embedded [flags of passthru demo]');
}
const name = `demo-${what}-${engine}`;
const results = join(process.cwd(), 'test-results');
const logs = join(results, 'logs', name);
const stateDir = join(await mkdtemp(join(tmpdir(), 'passthru-ci-')), '.passthru');

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs the CLI in a process of its own. Its stderr is shown, its stdout is returned. */
const passthru = async (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> => {
  const child = spawn(process.execPath, [join(root, 'bin/passthru.js'), ...args, '--engine', engine, '--state-dir', stateDir], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>]);
  return { code: code ?? 1, out };
};

/** One line a step, and below it the checks that failed and its error. */
const summaryOf = (report: Report): readonly string[] => [
  ...report.steps.flatMap(({ status, id, title, checks, duration_ms, error }) => [
    `${status.padEnd(7)} ${id.padEnd(34)} ${title} (${checks.length} checks, ${duration_ms} ms)`,
    ...checks
      .filter((check) => check.status === 'failed')
      .map((check) => `        ${check.title}: expected ${check.expected}, got ${check.got}`),
    ...(error === null ? [] : [`        ${error.code}: ${error.message}. ${error.fix}`]),
  ]),
  `passthru ${report.command} on ${report.engine}: ${report.outcome} in ${report.duration_ms} ms, exit code ${report.exit_code}`,
];

/** The document that a command answered; any other text is shown as it is. */
const documentIn = <T extends object>(out: string): Partial<T> => {
  try {
    return JSON.parse(out) as Partial<T>;
  } catch {
    say(`no JSON was answered, but: ${out}`);
    return {};
  }
};

const runDemo = async (): Promise<number> => {
  // A busy machine of CI may be slow; a service that ends is told at once all the same.
  const flags = ['--profile', 'ci', '--no-rm', '--health-timeout', '120s', '--output', 'json', ...more];
  const { code, out } = await passthru('demo', what, ...flags);
  await writeFile(join(results, `${name}.json`), out);
  const document = documentIn<Report>(out);
  if (document.steps === undefined) say(`no report, exit code ${code}: ${out}`);
  else for (const line of summaryOf(document as Report)) say(line);
  if (document.engine === undefined || document.engine === engine) return code;
  say(`the demo ran on ${document.engine}, not on ${engine}`);
  return code === 0 ? 1 : code;
};

const keepLogs = async (): Promise<number> => {
  const { out } = await passthru('status', '--output', 'json');
  const { services = [] } = documentIn<StatusDocument>(out);
  if (services.length === 0) {
    say(`no logs are kept, for status names no service: ${out}`);
    return 1;
  }
  let worst = 0;
  for (const { service } of services) {
    const lines = await passthru('logs', service);
    worst = Math.max(worst, lines.code);
    await writeFile(join(logs, `${service}.log`), lines.out);
  }
  return worst;
};

// Ctrl-C reaches the CLI as well; this process stays to keep the logs and to tear down.
process.on('SIGINT', () => undefined);
await rm(logs, { recursive: true, force: true });
await mkdir(logs, { recursive: true });
const codes: number[] = [];
try {
  codes.push(await runDemo());
  codes.push(await keepLogs());
} finally {
  const down = await passthru('down', '--volumes');
  say(down.out.trim());
  codes.push(down.code);
  await rm(join(stateDir, '..'), { recursive: true, force: true });
}
process.exitCode = codes.find((code) => code !== 0) ?? 0;
say(`kept: test-results/${name}.json, test-results/logs/${name}`);
