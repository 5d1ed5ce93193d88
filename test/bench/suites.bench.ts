import { startSuite } from '#test/support/suites.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { type Comparison, median } from './suite.ts';

const SUITES = 20;
const NAMES = Array.from({ length: SUITES }, (_, number) => `suite-${number}`);
/** Suites that are run alone, to know what one takes. */
const ALONE = 5;
/** Suites that have not ended after so many milliseconds are killed, and the bench fails. */
const LIMIT_MS = 240_000;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};

/** Suites that have made a key each; all are up until the last of them has. Each sees its own key and no other, or this throws. */
const runSuites = async (names: readonly string[]): Promise<void> => {
  const suites = names.map((name) => ({ name, suite: startSuite('key', name), isUp: false }));
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    // The holder of a stack takes it down when its suite is gone.
    for (const { suite } of suites) suite.child.kill('SIGKILL');
  }, LIMIT_MS);
  try {
    await Promise.all(
      suites.map(async (each) => {
        await each.suite.next();
        await each.suite.next();
        each.isUp = true;
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
  } catch (thrown) {
    const up = suites.filter(({ isUp }) => isUp).length;
    throw isLate ? new Error(`${up} of ${suites.length} suites were up after ${LIMIT_MS / 1_000} s`, { cause: thrown }) : thrown;
  } finally {
    clearTimeout(limit);
  }
};

/**
 * Twenty suites with a stack each, in processes of their own, all at once and one after the other. One stack is seeded for all of them,
 * by the first suite that comes; what the others take alone is the median of some.
 */
export const suitesComparison: Comparison = async () => {
  const inEmptyCache = async (work: () => Promise<number>): Promise<number> => {
    await using cache = await temporaryDirectory();
    process.env['XDG_CACHE_HOME'] = cache.path;
    return work();
  };
  const atOnce = await inEmptyCache(() => timed(() => runSuites(NAMES)));
  const inTurn = await inEmptyCache(async () => {
    const first = await timed(() => runSuites(['first']));
    const others: number[] = [];
    for (let n = 0; n < ALONE; n += 1) others.push(await timed(() => runSuites([`alone-${n}`])));
    return first + (SUITES - 1) * median(others);
  });
  const ours = `${SUITES} suites at once, each with a stack of its own`;
  return { ours, theirs: 'the same one after the other', aim: 1, pairs: [[atOnce, inTurn]] };
};
