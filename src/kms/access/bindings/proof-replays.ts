import { hash } from 'node:crypto';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';

/** A proof that is used up: it was shown for a token of this tenant. */
export interface SpentProof {
  readonly tenant: string;
  readonly thumbprint: string;
  readonly id: string;
}

export type Spending = 'spent' | 'replayed' | 'full';

/** Every proof that was used and could be used again. */
export interface ProofReplays {
  /**
   * Uses a proof up.
   *
   * @param tenant that of the token: nobody fills the room of other tenants
   * @param proof the thumbprint of its key and its `jti`
   * @returns `full` where one more cannot be remembered: who took it all the same could not tell when it comes again
   */
  spend(tenant: string, proof: { readonly thumbprint: string; readonly id: string }): Spending;
}

/** Some 40 MB at the most, and 4,000 proofs a second for a minute. */
const MAX_PROOFS = 250_000;

/**
 * Remembers proofs in the order in which they came, which is that in which they end. A tenant may have as many as are still free, so that
 * one alone takes half of the room, and leaves half for the others.
 *
 * @param options.lifeMs how long a proof can be used at the most
 * @param options.elapsed milliseconds of a clock that never goes back
 * @see RFC 9449 section 11.1
 */
export const createProofReplays = (options: {
  readonly lifeMs: number;
  readonly max?: number;
  readonly elapsed: () => number;
}): ProofReplays => {
  const { lifeMs, max = MAX_PROOFS, elapsed } = options;
  const spent = new Map<BoundedKey, { readonly until: number; readonly tenant: BoundedKey }>();
  const held = new Map<BoundedKey, number>();

  const forgetEnded = (now: number): void => {
    for (const [key, { until, tenant }] of spent) {
      if (until > now) return;
      spent.delete(key);
      const left = (held.get(tenant) ?? 1) - 1;
      if (left === 0) held.delete(tenant);
      else held.set(tenant, left);
    }
  };

  return {
    spend: (tenantId, { thumbprint, id }) => {
      const now = elapsed();
      forgetEnded(now);
      const key = boundedKey(hash('sha256', JSON.stringify([thumbprint, id]), 'base64url'));
      if (spent.has(key)) return 'replayed';
      const tenant = boundedKey(tenantId);
      const own = held.get(tenant) ?? 0;
      if (own >= max - spent.size) return 'full';
      spent.set(key, { until: now + lifeMs, tenant });
      held.set(tenant, own + 1);
      return 'spent';
    },
  };
};
