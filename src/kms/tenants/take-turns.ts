/** Pieces of work that a tenant gets done before it is the turn of the next one. */
const TURN = 8;

/**
 * Does what is due in all tenants, turn by turn, so that much work of one keeps none of the others waiting. Each tenant has one turn at
 * least; after each round the rest may be left to the next pass.
 *
 * @param options.due what is to be done in a tenant, asked when its first turn comes; it throws nothing
 * @param options.act does a part of that
 * @param options.isOver whether the pass is to end after this round
 * @returns whether all of it is done
 */
export const takeTurns = async <T, W>(
  tenants: readonly T[],
  options: {
    readonly due: (tenant: T) => Promise<readonly W[]>;
    readonly act: (tenant: T, work: readonly W[]) => Promise<void>;
    readonly isOver: () => boolean;
    readonly signal: AbortSignal;
  },
): Promise<boolean> => {
  const { due, act, isOver, signal } = options;
  let round: readonly { readonly tenant: T; readonly left: readonly W[] | null }[] = tenants.map((tenant) => ({ tenant, left: null }));
  for (;;) {
    const next: (typeof round)[number][] = [];
    for (const { tenant, left } of round) {
      signal.throwIfAborted();
      const work = left ?? (await due(tenant));
      if (work.length > 0) await act(tenant, work.slice(0, TURN));
      if (work.length > TURN) next.push({ tenant, left: work.slice(TURN) });
    }
    if (next.length === 0) return true;
    if (isOver()) return false;
    round = next;
  }
};
