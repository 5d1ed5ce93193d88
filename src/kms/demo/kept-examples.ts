/** Milliseconds for which what was made for one reader is shown to the others. */
export const KEPT_MS = 30_000;

/**
 * Keeps what was made for the examples for half a minute. The document needs no credential, so without this each reader of it would
 * use the keys, leave records of it, and take the place of a transport key that somebody else is about to use.
 *
 * @param options.elapsed milliseconds on a clock that never goes back
 * @param options.holds whether what was made can still be asked for as it stands
 */
export const createKeptExamples = <T>(options: { readonly elapsed: () => number; readonly holds: (made: T) => Promise<boolean> }) => {
  const { elapsed, holds } = options;
  interface Kept {
    readonly tenantId: string;
    readonly at: number;
    readonly made: Promise<T>;
  }
  let kept: Kept | null = null;

  const isFresh = async ({ tenantId, at, made }: Kept, of: string): Promise<boolean> =>
    tenantId === of && elapsed() - at < KEPT_MS && holds(await made);

  /** @param tenantId after a reset of the demo another one */
  return async (tenantId: string, make: () => Promise<T>): Promise<T> => {
    const found = kept;
    if (found !== null && (await isFresh(found, tenantId))) return found.made;
    // Of readers who find at once that it is old, the first has it made.
    if (kept !== found && kept?.tenantId === tenantId) return kept.made;
    const mine: Kept = { tenantId, at: elapsed(), made: make() };
    kept = mine;
    mine.made.catch(() => {
      if (kept === mine) kept = null;
    });
    return mine.made;
  };
};
