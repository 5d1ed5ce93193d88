import type { JWK } from 'jose';
import type { SIGNS_UNTIL } from '#infra/magic/signs-until.ts';

/**
 * The keys that sign tokens. They lie in the database, each sealed (`seal.ts`) under a key from a secret file (`encryption-keys.ts`), of
 * which the newest seals and all open. `signing-keys.store.ts` has the queries, `signing-keys.service.ts` decides when a key changes its
 * state. The provider reads the set, operators rotate it.
 *
 * published (next: in the JWKS, signs nothing) → active (signs) → retired (in the JWKS until its last token has ended). A key that leaked
 * is withdrawn from whichever state: it is deleted, so it is in no JWKS and verifies nothing.
 * One key of an algorithm at most is published and one at most is active; the database holds to that. Access tokens are signed by ES256
 * alone; the other algorithms that the configuration offers (`signing-algorithms.ts`) are for clients that ask for one.
 */
export const KEY_STATES = ['active', 'published', 'retired'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** A private JWK; a retired one says until when it signed, in epoch seconds. */
export type SigningKey = JWK & { readonly [SIGNS_UNTIL]?: number };

/** All keys that the JWKS shows, the one that signs access tokens first; of each algorithm, the one that signs comes before the others. */
export interface SigningKeySet {
  /** Changes with every change of the set. */
  readonly version: string;
  readonly keys: readonly [SigningKey, ...SigningKey[]];
}

export interface SigningKeys {
  /**
   * The set as the database has it now.
   *
   * @throws AppError `signing-key-missing`, `signing-key-unreadable`
   */
  current(): Promise<SigningKeySet>;
  /**
   * Of each algorithm, takes the next key into use, retires the old one and publishes a new next one; deletes retired keys whose last
   * token has ended. It is one transaction, so no moment has no key.
   *
   * @throws AppError `signing-key-too-new` (409) when the next key was not published long enough, `signing-key-conflict` (409)
   *   when another rotation came first
   * @returns the keys of ES256
   */
  rotate(): Promise<{ readonly active: string; readonly retired: string; readonly published: string }>;
  /** Every key and its state, the one that signs first. */
  list(): Promise<readonly { readonly kid: string; readonly algorithm: string; readonly state: KeyState }[]>;
  /**
   * Deletes a key that leaked, in one transaction. When it was the one that signs, a new key signs at once, and not the published one:
   * verifiers do not know it, so they fetch the JWKS with its first token, and find the leaked key gone.
   *
   * @throws AppError `signing-key-unknown` (404)
   */
  withdraw(kid: string): Promise<{ readonly withdrawn: string; readonly active: string; readonly published: string }>;
}
