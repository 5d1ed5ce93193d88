import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runHistory } from '#demo/history/run-history.ts';
import type { RunRecord } from '#demo/history/run-record.ts';
import { unique } from '#test/support/demo-engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

const record = (change: Partial<RunRecord> = {}): RunRecord => ({
  command: 'demo all',
  engine: 'embedded',
  profile: 'demo',
  start: 'fresh',
  images: null,
  release: '0.1.0',
  outcome: 'passed',
  at: new Date(NOW).toISOString(),
  durationMs: 4_000,
  steps: [{ id: unique('kms.keys'), status: 'passed', durationMs: 120 }],
  ...change,
});

/** A folder that is not there yet, in one that is removed at the end. */
const place = async () => {
  const directory = await temporaryDirectory();
  const folder = join(directory.path, 'state', 'runs');
  let time = NOW;
  const history = runHistory(folder, () => (time += 1));
  return { folder, history, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
};

describe('The history of runs', () => {
  it('gives back each run that was added, the oldest first, from files that no other user may read', async () => {
    await using here = await place();
    expect(await here.history.read()).toEqual([]);
    const runs = [record(), record({ start: 'kept' }), record({ engine: 'docker', images: 'missing', outcome: 'partial' })];
    for (const run of runs) await here.history.add(run);
    expect(await here.history.read()).toEqual(runs);
    expect((await stat(here.folder)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(here.folder)) expect((await stat(join(here.folder, name))).mode & 0o777).toBe(0o600);
  });

  it('keeps each of two runs that end at the same moment', async () => {
    await using here = await place();
    const frozen = runHistory(here.folder, () => NOW);
    await Promise.all([frozen.add(record()), frozen.add(record()), frozen.add(record())]);
    expect(await frozen.read()).toHaveLength(3);
  });

  it('forgets the oldest beyond sixty, and what a killed process left aside', async () => {
    await using here = await place();
    const first = record();
    await here.history.add(first);
    const [old, young] = ['a', 'b'].map((letter) => join(here.folder, `.x.json.${letter.repeat(12)}.tmp`)) as [string, string];
    for (const path of [old, young]) await writeFile(path, '{');
    await utimes(old, NOW / 1000 - 120, NOW / 1000 - 120);
    await utimes(young, NOW / 1000, NOW / 1000);
    for (let run = 0; run < 60; run += 1) await here.history.add(record());
    const runs = await here.history.read();
    expect(runs).toHaveLength(60);
    expect(runs).not.toContainEqual(first);
    expect((await readdir(here.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([young.split('/').at(-1)]);
  });

  it.each([
    ['half a record', '{"version":1,"command":"demo'],
    ['another version', '{"version":2}'],
    ['a record whose steps are none', JSON.stringify({ version: 1, ...record(), steps: [{ id: 1 }] })],
    ['a file that is far too long', `${JSON.stringify({ version: 1, ...record() })}${' '.repeat(70_000)}`],
  ])('passes over %s, and leaves files alone that are none of its own', async (_what, text) => {
    await using here = await place();
    await here.history.add(record());
    const own = (await readdir(here.folder))[0] ?? '';
    await writeFile(join(here.folder, own.replace(/-.{4}/, '-0000')), text);
    await writeFile(join(here.folder, 'notes.txt'), 'mine');
    expect(await here.history.read()).toHaveLength(1);
    expect(await readFile(join(here.folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('remembers nothing where there is no place for it, and no run is worse for that', async () => {
    await using here = await place();
    const nowhere = runHistory(null, () => NOW);
    await nowhere.add(record());
    expect(await nowhere.read()).toEqual([]);
    const behindFile = runHistory('/dev/null/runs', () => NOW);
    await behindFile.add(record());
    expect(await behindFile.read()).toEqual([]);
    await mkdir(here.folder, { recursive: true });
    await chmod(here.folder, 0o500);
    await expect(here.history.add(record())).resolves.toBeUndefined();
  });
});
