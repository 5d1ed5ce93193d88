import type { SecondMethod } from './acr.ts';
import type { PasskeySummary, Person } from './factors.ts';

/** Challenges, each good once, for one account and one purpose. */
export interface PasskeyChallenges {
  remember(challenge: string, accountId: string, purpose: PasskeyPurpose): Promise<void>;
  /** Whether it was remembered and not used before. */
  use(challenge: string, accountId: string, purpose: PasskeyPurpose): Promise<boolean>;
}
export type PasskeyPurpose = 'add' | 'log-in';

/** Passkeys of accounts, as second factors. What a browser is given, and gives back, is JSON of WebAuthn Level 3 section 5.1. */
export interface Passkeys {
  list(accountId: string): Promise<readonly PasskeySummary[]>;
  /** What a browser makes a passkey by. */
  creationOptions(person: Person): Promise<string>;
  /**
   * Adds a passkey that a browser has made.
   *
   * @returns how it proves a log-in, and recovery codes where it is the first second factor
   * @throws AppError `passkey-refused` 400
   */
  add(given: {
    readonly accountId: string;
    readonly credential: string;
    readonly name: string;
  }): Promise<{ readonly method: SecondMethod; readonly recoveryCodes: readonly string[] }>;
  /** What a browser signs by, with one of the account's passkeys. */
  requestOptions(accountId: string): Promise<string>;
  /** How a log-in is proven by the signature of a passkey; null where it is not. */
  verify(given: { readonly accountId: string; readonly credential: string }): Promise<SecondMethod | null>;
  remove(accountId: string, credentialId: string): Promise<void>;
}
