/**
 * Says of each new trace whether it is recorded: at most so many in a second, so that a flood of requests costs no spans, and a few of
 * them still show how it went.
 *
 * @param options.perSecond traces in any one second; 0: none
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createTraceRate = (options: { readonly perSecond: number; readonly elapsed: () => number }): (() => boolean) => {
  const { perSecond, elapsed } = options;
  const everyMs = 1_000 / perSecond;
  /** The moment at which all of them are there again. */
  let fullAt = Number.NEGATIVE_INFINITY;
  return () => {
    const from = Math.max(fullAt, elapsed());
    if (perSecond === 0 || from - elapsed() > 1_000 - everyMs) return false;
    fullAt = from + everyMs;
    return true;
  };
};
