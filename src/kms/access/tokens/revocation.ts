import type { BoundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import type { RevocationFeed, TokenFacts } from '../feed/revocation-feed.ts';
import { SENSITIVE_SCOPES } from '../scopes.ts';
import type { Introspection } from './introspection.ts';
import type { ModeOf } from '../revocation-modes.ts';

export interface TokenUse {
  readonly token: string;
  /** SHA-256 of the token, issuer and audience: what a remembered answer stands under. */
  readonly key: BoundedKey;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly scope: FineScope;
  readonly facts: TokenFacts;
}

export interface Revocation {
  /** @throws AppError `identity-unavailable` 503; an error is never remembered as an answer */
  isRevoked(use: TokenUse): Promise<boolean>;
}

/** No answer is remembered longer, in milliseconds. */
const MAX_LIFE_MS = 30_000;
/** While the feed is late: as soon as it tells of a revocation an answer notices it, too. In milliseconds. */
const LATE_LIFE_MS = 1_000;
const MAX_REMEMBERED = 10_000;

/**
 * @param options.intervalMs for `interval`: how long an answer is remembered, at most 30,000
 * @param options.feed for `feed`
 * @param options.outageMs for `feed`: how long after its last heartbeat tokens are good without an answer, where no secret key material is
 *   used or changed
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.now epoch milliseconds, for the end of a token's life
 */
export const createRevocation = (options: {
  readonly modeOf: ModeOf;
  readonly intervalMs: number;
  readonly introspection: Pick<Introspection, 'isActive'>;
  readonly feed?: Pick<RevocationFeed, 'verdict' | 'silentMs'> | null;
  readonly outageMs?: number;
  readonly elapsed?: () => number;
  readonly now?: () => number;
}): Revocation => {
  const { modeOf, intervalMs, introspection, feed = null, outageMs = 0, elapsed = () => performance.now(), now = Date.now } = options;
  const answers = createBoundedMap<{ readonly active: boolean; readonly at: number }>({ max: MAX_REMEMBERED });
  const once = createSingleFlight<boolean>();

  const ask = ({ token, key }: TokenUse): Promise<boolean> => once(key, () => introspection.isActive(token));

  const askAtMostEvery = async (lifeMs: number, use: TokenUse): Promise<boolean> => {
    const remembered = answers.get(use.key);
    if (remembered !== undefined && elapsed() - remembered.at < lifeMs && use.expiresAt > now()) return remembered.active;
    const at = elapsed();
    const active = await ask(use);
    answers.set(use.key, { active, at });
    return active;
  };

  const askForTheFeed = (use: TokenUse): Promise<boolean> =>
    askAtMostEvery(LATE_LIFE_MS, use).catch((error: unknown) => {
      if (SENSITIVE_SCOPES.has(use.scope) || feed === null || feed.silentMs() >= outageMs) throw error;
      return true;
    });

  return {
    isRevoked: async (use) => {
      const mode = modeOf(use.scope);
      switch (mode) {
        case 'every-request':
          return !(await ask(use));
        case 'sensitive-only':
          return SENSITIVE_SCOPES.has(use.scope) && !(await ask(use));
        case 'interval':
          return !(await askAtMostEvery(Math.min(intervalMs, MAX_LIFE_MS), use));
        case 'feed': {
          const verdict = feed?.verdict(use.facts) ?? 'unknown';
          return verdict === 'unknown' ? !(await askForTheFeed(use)) : verdict === 'revoked';
        }
        case 'never':
          return false;
      }
    },
  };
};
