import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';

let telemetry: Telemetry;
beforeAll(async () => {
  telemetry = await startTelemetry({ service: 'passthru-test', version: '1.2.3' });
});
afterAll(() => telemetry[Symbol.asyncDispose]());

/** The lines of one metric, by the word that the test put into its name. */
const linesWith = async (word: string): Promise<readonly string[]> =>
  (await telemetry.exposition()).split('\n').filter((line) => line.includes(word));
const newWord = () => `w${randomUUIDv7().replaceAll('-', '')}`;

it('A counter is told with its help, its type and the sum of each set of attributes, also without a collector', async () => {
  const word = newWord();
  const count = telemetry.counter(`passthru.${word}`, { description: 'First\nand \\ last' });
  count(2, { operation: 'encrypt', outcome: 'done' });
  count(1, { outcome: 'done', operation: 'encrypt' });
  count(1, { operation: 'say "no"\n', outcome: 'a\\b' });
  expect(await linesWith(word)).toEqual([
    `# HELP passthru_${word}_total First\\nand \\\\ last`,
    `# TYPE passthru_${word}_total counter`,
    `passthru_${word}_total{operation="encrypt",outcome="done"} 3`,
    `passthru_${word}_total{operation="say \\"no\\"\\n",outcome="a\\\\b"} 1`,
  ]);
});

it('A histogram is told in seconds, with buckets that count all below them', async () => {
  const word = newWord();
  const took = telemetry.histogram(`${word}.duration`, { description: 'Time', unit: 's' });
  for (const seconds of [0.004, 0.03, 0.03, 99]) took(seconds, { 'http.route': '/x' });
  const lines = await linesWith(word);
  const bucket = (bound: string) => lines.find((line) => line.includes(`le="${bound}"`));
  expect(lines).toContain(`# TYPE ${word}_duration_seconds histogram`);
  expect(bucket('0.005')).toBe(`${word}_duration_seconds_bucket{http_route="/x",le="0.005"} 1`);
  expect(bucket('0.05')).toBe(`${word}_duration_seconds_bucket{http_route="/x",le="0.05"} 3`);
  expect(bucket('10')).toBe(`${word}_duration_seconds_bucket{http_route="/x",le="10"} 3`);
  expect(bucket('+Inf')).toBe(`${word}_duration_seconds_bucket{http_route="/x",le="+Inf"} 4`);
  expect(lines.at(-1)).toBe(`${word}_duration_seconds_count{http_route="/x"} 4`);
  expect(Number(lines.at(-2)?.split(' ')[1])).toBeCloseTo(99.064);
});

it('A gauge is looked at when somebody asks', async () => {
  const word = newWord();
  let value = 1;
  telemetry.gauge(word, { description: 'Level' }, () => [{ value, attributes: { cache: 'versions' } }]);
  expect(await linesWith(word)).toContain(`${word}{cache="versions"} 1`);
  value = 2.5;
  expect(await linesWith(word)).toContain(`${word}{cache="versions"} 2.5`);
});

it('Process and service are told, each series once', async () => {
  const text = await telemetry.exposition();
  expect(text).toMatch(/^target_info\{[^}]*service_name="passthru-test",service_version="1.2.3"[^}]*\} 1$/m);
  expect(text).toMatch(/^process_cpu_time_seconds_total\{cpu_mode="user"\} [\d.]+$/m);
  expect(text).toMatch(/^process_memory_usage_bytes \d+$/m);
  expect(text).toMatch(/^nodejs_eventloop_delay_p99_seconds [\d.e-]+$/m);
  expect(text.endsWith('\n')).toBe(true);
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('# '));
  const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  for (const line of series) expect(line).toMatch(/^[a-zA-Z_]\w*(\{(\w+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (NaN|[+-]Inf|-?[\d.e+-]+)$/);
});
