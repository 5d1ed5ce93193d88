import { createHmac, randomBytes } from 'node:crypto';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { Passwords } from '../passwords.ts';
import type { VerifiedCache } from '../verified-cache.ts';
import type { AttemptLimits } from './attempt-limits.ts';

interface Guess {
  /** User name or client id. */
  readonly name: string;
  readonly password: string;
  /** The stored hash of the password; undefined for an unknown name. */
  readonly stored: string | undefined;
  /** Address of the peer, as the socket has it. */
  readonly address: string;
}

/** @throws AppError `too-many-attempts` or `password-queue-full` (429 with Retry-After) */
export type GuessCheck = (guess: Guess) => Promise<boolean>;

/**
 * Says whether a password is right, for credentials that come with every request: guesses are slowed down per name and address,
 * equal ones from one address share one check, and what was right a moment ago costs nothing.
 */
export const createGuessCheck = (options: {
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly verified: VerifiedCache;
  readonly limits: AttemptLimits;
}): GuessCheck => {
  const { passwords, verified, limits } = options;
  const flightKey = randomBytes(32);
  const once = createSingleFlight<boolean>();

  const check = async ({ name, password, stored, address }: Guess): Promise<boolean> => {
    const attempt = limits.begin({ account: name, address });
    try {
      const right = await passwords.verify(password, stored);
      if (right) attempt.succeeded();
      return right;
    } catch (error) {
      attempt.withdrawn();
      throw error;
    }
  };

  return async (guess) => {
    const { name, password, stored, address } = guess;
    const known = stored === undefined ? undefined : { name, password, stored };
    if (known !== undefined && verified.has(known)) {
      limits.rightAgain({ account: name, address });
      return true;
    }
    const key = createHmac('sha256', flightKey)
      .update(JSON.stringify([name, password, address, stored ?? null]))
      .digest('base64');
    const right = await once(key, () => check(guess));
    if (right && known !== undefined) verified.remember(known);
    return right && known !== undefined;
  };
};
