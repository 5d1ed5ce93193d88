import type { BoundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { SENSITIVE_SCOPES } from '../scopes.ts';
import type { Introspection } from './introspection.ts';

/** How soon a revoked token is noticed: at once, at once where key material is used or changed, or after a while. */
export const REVOCATION_MODES = ['every-request', 'sensitive-only', 'interval'] as const;
export type RevocationMode = (typeof REVOCATION_MODES)[number];

export interface TokenUse {
  readonly token: string;
  /** SHA-256 of the token, issuer and audience: what a remembered answer stands under. */
  readonly key: BoundedKey;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly scope: FineScope;
}

export interface Revocation {
  /** @throws AppError `identity-unavailable` 503; an error is never remembered as an answer */
  isRevoked(use: TokenUse): Promise<boolean>;
}

/** No answer is remembered longer, in milliseconds. */
const MAX_LIFE_MS = 30_000;
const MAX_REMEMBERED = 10_000;

/**
 * @param options.intervalMs for `interval`: how long an answer is remembered, at most 30,000
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.now epoch milliseconds, for the end of a token's life
 */
export const createRevocation = (options: {
  readonly mode: RevocationMode;
  readonly intervalMs: number;
  readonly introspection: Introspection;
  readonly elapsed?: () => number;
  readonly now?: () => number;
}): Revocation => {
  const { mode, intervalMs, introspection, elapsed = () => performance.now(), now = Date.now } = options;
  const answers = createBoundedMap<{ readonly active: boolean; readonly until: number }>({ max: MAX_REMEMBERED });
  const once = createSingleFlight<boolean>();

  const ask = ({ token, key }: TokenUse): Promise<boolean> => once(key, () => introspection.isActive(token));

  const askAtIntervals = async (use: TokenUse): Promise<boolean> => {
    const remembered = answers.get(use.key);
    if (remembered !== undefined && remembered.until > elapsed() && use.expiresAt > now()) return remembered.active;
    const asked = elapsed();
    const active = await ask(use);
    answers.set(use.key, { active, until: asked + Math.min(intervalMs, MAX_LIFE_MS) });
    return active;
  };

  return {
    isRevoked: async (use) => {
      switch (mode) {
        case 'every-request':
          return !(await ask(use));
        case 'sensitive-only':
          return SENSITIVE_SCOPES.has(use.scope) && !(await ask(use));
        case 'interval':
          return !(await askAtIntervals(use));
      }
    },
  };
};
