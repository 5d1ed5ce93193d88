import type { DemoServer } from '#client/admin/demo-data.ts';
import { type Checker, plainValue } from '#demo/step/checker.ts';
import { RESET_FIX } from '#demo/world/keys.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** An answer of a server that is in trouble, which says nothing about its data. */
const IN_TROUBLE = /\b5\d\d\b/;

/**
 * Reads a seed back, and says where it does not hold that somebody changed it, and how it comes back. A check that had no answer, or one
 * of a server in trouble, is no change.
 *
 * @param read makes the checks that it is given
 * @throws AppError `seed-changed`, with the titles of the checks that failed
 */
export const wholeSeed = async <T>(server: DemoServer, check: Checker, read: (watched: Checker) => Promise<T>): Promise<T> => {
  const failed: string[] = [];
  const watched: Checker = async (id, title, expected, got) => {
    const came = Promise.resolve(got);
    const passed = await check(id, title, expected, came);
    const isAnswer = await came.then(
      (value) => !IN_TROUBLE.test(String(plainValue(value))),
      // A refusal is an answer, too.
      (thrown: unknown) => thrown instanceof AppError && thrown.status < 500,
    );
    if (!passed && isAnswer) failed.push(title);
    return passed;
  };
  const seed = await read(watched);
  if (failed.length === 0) return seed;
  throw new AppError('seed-changed', 409, `${server}: the demo data is not as it was seeded: ${failed.join(', ')}`, { fix: RESET_FIX });
};
