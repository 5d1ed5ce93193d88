import { startSuite } from '#test/support/suites.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import type { Comparison } from './suite.ts';

const SUITES = 20;
const NAMES = Array.from({ length: SUITES }, (_, number) => `suite-${number}`);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};

/** Suites that have made a key each; all are up until the last of them has. Each sees its own key and no other, or this throws. */
const runSuites = async (names: readonly string[]): Promise<void> => {
  const suites = await Promise.all(
    names.map(async (name) => {
      const suite = startSuite('key', name);
      await suite.next();
      await suite.next();
      return { name, suite };
    }),
  );
  await Promise.all(
    suites.map(async ({ name, suite: { child, next, ended } }) => {
      child.stdin?.end();
      const { keys } = await next();
      if (JSON.stringify(keys) !== JSON.stringify([name])) throw new Error(`the suite ${name} sees the keys ${JSON.stringify(keys)}`);
      await ended;
    }),
  );
};

/** Twenty suites with a stack each, in processes of their own, seeded data included: all at once, and one after the other. */
export const suitesComparison: Comparison = async () => {
  const inEmptyCache = async (work: () => Promise<unknown>): Promise<number> => {
    await using cache = await temporaryDirectory();
    process.env['XDG_CACHE_HOME'] = cache.path;
    return timed(work);
  };
  const atOnce = await inEmptyCache(() => runSuites(NAMES));
  const inTurn = await inEmptyCache(async () => {
    for (const name of NAMES) await runSuites([name]);
  });
  const ours = `${SUITES} suites at once, each with a stack of its own`;
  return { ours, theirs: 'the same one after the other', aim: 1, pairs: [[atOnce, inTurn]] };
};
