import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createSharedMap } from '#infra/cache/shared-map.ts';
import type { TokenClaims } from '#kms/claims.ts';
import type { HeldScopes } from '../scopes.ts';

/**
 * Tokens that were found good, by their hash. Issuers share the room, so that one that gives many tokens takes none from one that gives
 * few; and a token that would hold much memory is not remembered.
 */
export interface RememberedTokens<V> {
  get(id: BoundedKey): V | undefined;
  set(id: BoundedKey, value: V): void;
  delete(id: BoundedKey): void;
}

interface Found {
  readonly claims: TokenClaims;
  readonly held: HeldScopes;
}

const MAX_TOKENS = 10_000;
/** Bytes of one token, by `heapOf`; so all together hold some 160 MB at the most. The usual ones have a third of it. */
const MAX_HEAP = 16_384;

/** Bytes of a scope for single keys as it was read, beside its text. */
const KEY_SCOPE_HEAP = 350;

/** Bytes that a value holds in memory, rather too many than too few: an empty object has far more than its two characters. */
const heapOf = (value: unknown): number => {
  if (typeof value === 'string') return 24 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 24;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + 8 + heapOf(each), 48);
  return Object.entries(value).reduce((sum, [name, each]) => sum + 64 + 2 * name.length + heapOf(each), 288);
};

const isSmall = ({ claims, held: { keyScopes = [] } }: Found): boolean =>
  heapOf(claims) + KEY_SCOPE_HEAP * keyScopes.reduce((sum, { some }) => sum + some.length, 0) <= MAX_HEAP;

/** @param issuers of which tokens are taken */
export const createRememberedTokens = <V extends Found>(issuers: readonly string[], max = MAX_TOKENS): RememberedTokens<V> => {
  const owners = issuers.map(boundedKey);
  const tokens = createSharedMap<V>({ max });
  return {
    // There are few issuers, and to look with each costs less than to read in the token whose it says it is.
    get: (id) => {
      for (const owner of owners) {
        const found = tokens.get(owner, id);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    set: (id, value) => {
      if (isSmall(value)) tokens.set(boundedKey(value.claims.issuer), id, value);
    },
    delete: (id) => {
      for (const owner of owners) tokens.delete(owner, id);
    },
  };
};
