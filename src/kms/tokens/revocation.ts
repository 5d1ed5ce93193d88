import type { FineScope } from '#infra/magic/magic.ts';
import { SENSITIVE_SCOPES } from '#kms/realms/scopes.ts';
import type { Introspection } from './introspection.ts';

/** How soon a revoked token is noticed: at once, at once where key material is used or changed, or after a while. */
export const REVOCATION_MODES = ['every-request', 'sensitive-only', 'interval'] as const;
export type RevocationMode = (typeof REVOCATION_MODES)[number];

export interface TokenUse {
  readonly token: string;
  /** SHA-256 of the token, issuer and audience: what a remembered answer stands under. */
  readonly key: string;
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
 * @param options.now epoch milliseconds
 */
export const createRevocation = (options: {
  readonly mode: RevocationMode;
  readonly intervalMs: number;
  readonly introspection: Introspection;
  readonly now?: () => number;
}): Revocation => {
  const { mode, intervalMs, introspection, now = Date.now } = options;
  const answers = new Map<string, { readonly active: boolean; readonly until: number }>();
  const inFlight = new Map<string, Promise<boolean>>();

  const ask = ({ token, key }: TokenUse): Promise<boolean> => {
    const running = inFlight.get(key);
    if (running !== undefined) return running;
    const answer = introspection.isActive(token).finally(() => inFlight.delete(key));
    inFlight.set(key, answer);
    return answer;
  };

  const askAtIntervals = async (use: TokenUse): Promise<boolean> => {
    const remembered = answers.get(use.key);
    if (remembered !== undefined && remembered.until > now()) return remembered.active;
    const asked = now();
    const active = await ask(use);
    answers.delete(use.key);
    answers.set(use.key, { active, until: Math.min(use.expiresAt, asked + Math.min(intervalMs, MAX_LIFE_MS)) });
    if (answers.size > MAX_REMEMBERED) answers.delete(answers.keys().next().value ?? '');
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
