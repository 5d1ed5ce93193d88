import { checkOneSet, combineParsed, parseShare, type Share, zero } from './unseal-shares.ts';

/** How far a set of shares has come that is given one by one. */
export interface ShareProgress {
  /** Shares that were given. */
  readonly given: number;
  /** So many are needed; null before the first one, which says it. */
  readonly threshold: number | null;
  /** So many were made; null before the first one. */
  readonly total: number | null;
}

/** Shares of one set that several people give one after the other; in memory alone. */
export interface ShareCollection {
  progress(): ShareProgress;
  /**
   * A share that is refused changes nothing: those that were given before still count.
   *
   * @returns the secret of the set, 32 bytes, which the caller zeroes, and the collection is empty again; null while shares are missing
   * @throws AppError `unseal-shares-damaged` (also where the last one shows that one of them was altered: the collection is empty then),
   *   `unseal-shares-mixed`, `unseal-shares-duplicate`
   */
  add(text: string): Promise<Uint8Array | null>;
  /** Forgets and zeroes what was given. */
  clear(): void;
}

export const createShareCollection = (): ShareCollection => {
  let held: readonly Share[] = [];
  return {
    progress: () => ({ given: held.length, threshold: held[0]?.threshold ?? null, total: held[0]?.total ?? null }),
    add: async (text) => {
      const share = parseShare(text);
      const shares = [...held, share];
      try {
        checkOneSet(shares);
      } catch (error) {
        zero([share]);
        throw error;
      }
      const isEnough = shares.length >= share.threshold;
      // Before the wait: a share that comes meanwhile begins anew.
      held = isEnough ? [] : shares;
      return isEnough ? combineParsed(shares) : null;
    },
    clear: () => {
      zero(held);
      held = [];
    },
  };
};
