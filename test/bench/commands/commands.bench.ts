import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { type Compared, ratioOf } from '../suite.ts';
import { type Build, type Engine, openBuild } from './build.ts';
import { type Row, ROWS } from './rows.ts';
import type { Spent } from './spent.ts';

export interface CommandsOptions {
  /** Folder of the checkout to compare with, with its packages installed. */
  readonly before: string;
  readonly pairs: number;
  /** Names of rows; all where none is named. */
  readonly rows: readonly string[];
}

/**
 * Commands of this build beside the same ones of another checkout, in turns, each first as often as the other, with a cache of compiled
 * modules that is warm: time on the clock and time of processors. Linux only.
 */
export const compareCommands = async ({ before, pairs, rows }: CommandsOptions): Promise<readonly Compared[]> => {
  const unknown = rows.find((name) => !Object.hasOwn(ROWS, name));
  if (unknown !== undefined) throw new TypeError(`no row ${unknown}; there are ${Object.keys(ROWS).join(', ')}`);
  // What runs for a newcomer; where sources changed since, it would be they that are measured.
  await promisify(execFile)(process.execPath, [join(ROOT, 'build/bundle.ts')]);
  const compared: Compared[] = [];
  for (const engine of ENGINES) {
    const wanted = Object.entries(ROWS).filter(([name, row]) => row.engine === engine && (rows.length === 0 || rows.includes(name)));
    if (wanted.length > 0) compared.push(...(await compareOn(engine, wanted, { before: resolve(before), pairs })));
  }
  return compared;
};

const ENGINES = ['embedded', 'docker'] as const satisfies readonly Engine[];

const compareOn = async (
  engine: Engine,
  rows: readonly (readonly [name: string, row: Row])[],
  { before, pairs }: Omit<CommandsOptions, 'rows'>,
): Promise<readonly Compared[]> => {
  await using cache = await temporaryDirectory();
  await using ours = await openBuild(ROOT, engine, cache.path);
  await using theirs = await openBuild(before, engine, cache.path);
  const compared: Compared[] = [];
  const compareAll = async (isUp: boolean): Promise<void> => {
    for (const [name, row] of rows) if (row.isUp === isUp) compared.push(...(await compareRow(name, row, { ours, theirs, pairs })));
  };
  await compareAll(false);
  if (rows.some(([, { isUp }]) => isUp)) {
    for (const build of [ours, theirs]) await build.run('up');
    await compareAll(true);
  }
  return compared;
};

const compareRow = async (
  name: string,
  row: Row,
  { ours, theirs, pairs }: { readonly ours: Build; readonly theirs: Build; readonly pairs: number },
): Promise<readonly Compared[]> => {
  // Modules are compiled once.
  for (const build of [ours, theirs]) await row.measure(build);
  const measured: { readonly ours: Spent; readonly theirs: Spent }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    if (pair % 2 === 0) measured.push({ ours: await row.measure(ours), theirs: await row.measure(theirs) });
    else {
      const other = await row.measure(theirs);
      measured.push({ ours: await row.measure(ours), theirs: other });
    }
  }
  const of = (what: keyof Spent): Compared => ({
    ours: `${name}, ${what}`,
    theirs: 'the build before',
    aim: row.aim,
    pairs: measured.map((each) => [each.ours[what], each.theirs[what]]),
  });
  const compared = row.isClockOnly ? [of('clock')] : [of('clock'), of('processor')];
  // A run takes minutes; who ends it early has what was measured by then.
  for (const each of compared) console.error(`${each.ours}: ${ratioOf(each).ratio.toFixed(2)}`);
  return compared;
};
