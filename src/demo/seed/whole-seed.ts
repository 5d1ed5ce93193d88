import type { DemoServer } from '#client/admin/demo-data.ts';
import type { Checker } from '#demo/step/checker.ts';
import { RESET_FIX } from '#demo/world/keys.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/**
 * Reads a seed back, and says where it does not hold that somebody changed it, and how it comes back.
 *
 * @param read makes the checks that it is given
 * @throws AppError `seed-changed`, with the titles of the checks that failed
 */
export const wholeSeed = async <T>(server: DemoServer, check: Checker, read: (watched: Checker) => Promise<T>): Promise<T> => {
  const failed: string[] = [];
  const watched: Checker = async (id, title, expected, got) => {
    const passed = await check(id, title, expected, got);
    if (!passed) failed.push(title);
    return passed;
  };
  const seed = await read(watched);
  if (failed.length === 0) return seed;
  throw new AppError('seed-changed', 409, `${server}: the demo data is not as it was seeded: ${failed.join(', ')}`, { fix: RESET_FIX });
};
