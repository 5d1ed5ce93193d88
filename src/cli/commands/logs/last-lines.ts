/** What comes, and the moment from which on it is new. */
export type UntilNow<T> = T | 'caught-up';

/**
 * The last so many of what was there at the beginning, and everything that comes after.
 *
 * @param count undefined: all of it
 */
export async function* lastLines<T>(all: AsyncIterable<UntilNow<T>>, count: number | undefined): AsyncGenerator<T> {
  let old: T[] | null = count === undefined ? null : [];
  for await (const one of all) {
    if (one === 'caught-up') {
      yield* endOf(old ?? [], count);
      old = null;
    } else if (old === null) yield one;
    else {
      old.push(one);
      if (old.length > 2 * (count ?? 0) + 1_000) old = endOf(old, count);
    }
  }
  yield* endOf(old ?? [], count);
}

const endOf = <T>(all: readonly T[], count = 0): T[] => all.slice(Math.max(0, all.length - count));
