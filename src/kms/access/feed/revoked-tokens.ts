import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import type { RevocationEvent, ToldRevocation } from '#infra/security-events/revocation-event.ts';
import type { TokenFacts, Verdict } from './revocation-feed.ts';

/** What is remembered of one issuer: the revocations of about as many tokens, some twenty megabytes. */
const MAX_ENTRIES = 100_000;
/** Milliseconds between two looks for entries of which every token has ended. */
const SWEEP_MS = 60_000;
/** Clocks of the replicas of an issuer may differ by so much, in milliseconds. */
const CLOCKS_MS = 30_000;

interface Entry {
  /** Epoch milliseconds up to which tokens are revoked for certain; null: all of them are. */
  readonly before: number | null;
  /** Milliseconds of the clock that never goes back. */
  readonly until: number;
}

export interface RevokedTokens {
  add(revocation: ToldRevocation): void;
  verdict(token: TokenFacts): Verdict;
  /** Whether something had to be left out, so that the set does not say any more who is not revoked. */
  readonly isFull: boolean;
  readonly size: number;
}

const keyOf = (kind: string, ...names: readonly string[]): BoundedKey => boundedKey(JSON.stringify([kind, ...names]));

const subjectOf = (event: RevocationEvent): BoundedKey => {
  switch (event.kind) {
    case 'token-revoked':
      return keyOf('token', event.tokenId);
    case 'opaque-token-revoked':
      return keyOf('opaque', event.tokenHash);
    case 'grant-revoked':
      return keyOf('grant', event.grant);
    case 'account-disabled':
    case 'account-purged':
    case 'account-enabled':
      return keyOf('account', event.accountId);
    case 'client-disabled':
    case 'client-enabled':
      return keyOf('client', event.clientId, event.tenantId);
    case 'signing-key-withdrawn':
      return keyOf('key', event.kid);
  }
};

/** Everything by which a token can be revoked. */
const subjectsOf = (token: TokenFacts): readonly BoundedKey[] => [
  keyOf('token', token.tokenId),
  keyOf('opaque', token.tokenHash),
  ...(token.grant === null
    ? [keyOf('client', token.clientId, token.tenant)]
    : [keyOf('grant', token.grant), keyOf('account', token.subject)]),
  ...(token.keyId === null ? [] : [keyOf('key', token.keyId)]),
];

const isEnabled = ({ kind }: RevocationEvent): boolean => kind === 'account-enabled' || kind === 'client-enabled';
/** Accounts and clients come back, and have new tokens then. */
const isOverWithTime = ({ kind }: RevocationEvent): boolean => kind.startsWith('account-') || kind.startsWith('client-');

/**
 * An empty set. An entry stays for the life of the longest token that it concerns, counted from when it came here: long enough whatever the
 * clocks say.
 *
 * @param options.maxTokenSeconds no token lives longer
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createRevokedTokens = (options: {
  readonly maxTokenSeconds: number;
  readonly elapsed: () => number;
  readonly max?: number;
}): RevokedTokens => {
  const { maxTokenSeconds, elapsed, max = MAX_ENTRIES } = options;
  // Bounded by `max`: what does not fit makes the set full, because the least recently used entry of a bounded map would be a token that is good again.
  const entries = new Map<BoundedKey, Entry>();
  let isFull = false;
  let sweptAt = elapsed();

  const sweep = (): void => {
    sweptAt = elapsed();
    for (const [key, { until }] of entries) if (until <= sweptAt) entries.delete(key);
  };

  const verdictOf = ({ before }: Entry, issuedAt: number): Verdict => {
    if (before === null || issuedAt < before) return 'revoked';
    return issuedAt <= before + CLOCKS_MS ? 'unknown' : 'live';
  };

  return {
    add: ({ at, lifeSeconds, event }) => {
      const key = subjectOf(event);
      if (isEnabled(event)) return void entries.delete(key);
      if (elapsed() - sweptAt >= SWEEP_MS || entries.size >= max) sweep();
      if (entries.size >= max && !entries.has(key)) return void (isFull = true);
      const lifeMs = Math.min(lifeSeconds, maxTokenSeconds) * 1000 + CLOCKS_MS;
      entries.set(key, { before: isOverWithTime(event) ? at * 1000 : null, until: elapsed() + lifeMs });
    },
    verdict: (token) => {
      if (isFull) return 'unknown';
      // An opaque token does not say under which grant it was given: of its revocations, only its own is known here.
      let verdict: Verdict = token.keyId === null ? 'unknown' : 'live';
      for (const key of subjectsOf(token)) {
        const entry = entries.get(key);
        if (entry === undefined) continue;
        const found = verdictOf(entry, token.issuedAt);
        if (found === 'revoked') return found;
        if (found === 'unknown') verdict = found;
      }
      return verdict;
    },
    get isFull() {
      return isFull;
    },
    get size() {
      return entries.size;
    },
  };
};
