import { createHmac, randomBytes } from 'node:crypto';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { Passwords } from '../passwords.ts';
import type { VerifiedCache } from '../verified-cache.ts';
import type { AttemptLimits } from './attempt-limits.ts';
import { networkOf } from './network.ts';

interface Candidate {
  /** User name or client id. */
  readonly name: string;
  readonly password: string;
  /** The stored hash of the password; undefined for an unknown name. */
  readonly stored: string | undefined;
  /** The hash of the password before, while that is good, too. */
  readonly storedBefore?: string | undefined;
  /** Address of the peer, as the socket has it. */
  readonly address: string;
}

/** @throws AppError `too-many-attempts` or `password-queue-full` (429 with Retry-After) */
export type GuessCheck = (candidate: Candidate) => Promise<boolean>;

/**
 * Says whether a password is right: guesses are slowed down, and equal ones from one network share one check. A password that was
 * right at this network a moment ago costs no PBKDF2; to be held against that costs a guesser as much as any other look.
 *
 * @param options.verified remembers right passwords; absent where each one is to be checked
 */
export const createGuessCheck = (options: {
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly verified?: Pick<VerifiedCache, 'has' | 'remember'>;
  readonly limits: AttemptLimits;
}): GuessCheck => {
  const { passwords, verified, limits } = options;
  const flightKey = randomBytes(32);
  const once = createSingleFlight<boolean>();

  const look = async ({ name, password, stored, storedBefore, address }: Candidate): Promise<boolean> => {
    const of = JSON.stringify([name, networkOf(address)]);
    const known = [stored, storedBefore].flatMap((hash) => (hash === undefined ? [] : [{ name: of, password, stored: hash }]));
    if (known.some((each) => verified?.has(each) === true)) return true;
    if (known.length === 0) await passwords.verify(password, undefined);
    for (const each of known) {
      if (!(await passwords.verify(password, each.stored))) continue;
      verified?.remember(each);
      return true;
    }
    return false;
  };

  return (candidate) => {
    const { name, password, stored, storedBefore, address } = candidate;
    const key = boundedKey(
      createHmac('sha256', flightKey)
        .update(JSON.stringify([name, password, networkOf(address), stored ?? null, storedBefore ?? null]))
        .digest('base64'),
    );
    return once(key, () => limits.attempt({ account: name, password, address }, () => look(candidate)));
  };
};
