/**
 * What slows down those who guess passwords. Every look at a password is paid before it is made, by the name and by the network
 * that the guess comes from; a right password gets the price back. A guess that cannot be paid waits for some seconds and is looked
 * at when its turn comes. `create-attempt-limits.ts` draws its way; docs/decisions/0009 says why and what an attacker gets.
 */

/** A password that somebody gives for a name. */
export interface Guess {
  /** User name or client id, known or not. */
  readonly account: string;
  readonly password: string;
  /** Address of the peer, as the socket has it; an IPv6 address counts by its /64. */
  readonly address: string;
}

export interface AttemptLimits {
  /**
   * Looks at a password once it is paid. A look that fails (for example because the server is too busy) costs nothing.
   *
   * @param look whether the password is right; at the same cost for an unknown name. It may be called twice
   * @returns what `look` found
   * @throws AppError `too-many-attempts` 429 with Retry-After in seconds, when the guess waited in vain; what `look` throws
   */
  attempt(guess: Guess, look: () => Promise<boolean>): Promise<boolean>;
}
