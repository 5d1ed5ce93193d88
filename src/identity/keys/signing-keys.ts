import type { JWK } from 'jose';

/** All keys that the JWKS shows, private parts included, the one that signs first. */
export interface SigningKeySet {
  /** Changes with every change of the set. */
  readonly version: string;
  readonly keys: readonly [JWK, ...JWK[]];
}

/** What the provider asks of the signing keys. */
export interface SigningKeys {
  /** The set as the database has it now. */
  current(): Promise<SigningKeySet>;
}
