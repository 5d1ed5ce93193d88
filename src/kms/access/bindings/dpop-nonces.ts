import { createHmac, randomBytes } from 'node:crypto';
import type { Shared } from '#infra/workers/workers.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';

/**
 * Nonces that this process alone gives and takes, or its workers together. A proof with one is good at no other replica, so that none can be
 * used once at each.
 *
 * @see RFC 9449 section 9
 */
export interface DpopNonces {
  /** The one that a proof is to hold from now on. */
  current(): string;
  /** Whether it is the current one, or the one before. */
  isGood(nonce: string | undefined): boolean;
}

/** Each is given for this time, and good for as long again, in milliseconds. */
const PERIOD_MS = 60_000;

/**
 * @param own milliseconds of a clock that never goes back
 * @param shared of the workers of this server, where it has some
 */
export const createDpopNonces = (own: () => number, shared: Shared | null = null): DpopNonces => {
  const elapsed = shared?.elapsed ?? own;
  const key = shared === null ? randomBytes(32) : createHmac('sha256', shared.secret).update('DPoP nonces').digest();
  const nonceOf = (period: number): string => createHmac('sha256', key).update(String(period)).digest('base64url');
  const period = (): number => Math.floor(elapsed() / PERIOD_MS);
  return {
    current: () => nonceOf(period()),
    isGood: (nonce) => nonce !== undefined && [period(), period() - 1].some((each) => equalSecrets(nonceOf(each), nonce)),
  };
};
