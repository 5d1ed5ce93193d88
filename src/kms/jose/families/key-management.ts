import type { KeyObject } from 'node:crypto';
import type { ContentEncryption } from './content-encryption.ts';
import type { KeyType } from './key-type.ts';

/** A parameter of the protected header, beside those that have one possible value for the key. */
export interface HeaderParameter {
  /** The JSON type of its value; an array is no object. */
  readonly type: 'string' | 'object' | 'boolean' | 'array';
  /** Its value in a decoy; a decoy leaves out a parameter without one. */
  readonly decoy?: unknown;
}

/** The content encryption key of one JWE, and what carries it there. */
export interface CarriedKey {
  /** The caller zeroes it. */
  readonly contentKey: Uint8Array;
  /** The second segment of the JWE. */
  readonly encryptedKey: Uint8Array;
  /** What its header says of it. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The parts of a JWE that carry its content encryption key. */
export type Carrier = Omit<CarriedKey, 'contentKey'>;

/** A key management algorithm for one content encryption. */
export interface ManagedKey {
  readonly key: KeyType;
  readonly encryptedKeyBytes: number;
  /** Header parameters of this family. @see RFC 7518 sections 4.6.1 and 4.7.1 */
  readonly parameters: Readonly<Record<string, HeaderParameter>>;
  /** How often one version of a key may protect with it; null where it sets no bound. */
  readonly protectionLimit: number | null;
  readonly summary: string;
  /** Ends the sentence "its key …". */
  readonly contentKey: string;
  /** Makes the content encryption key of a new JWE. */
  protect(key: KeyObject): CarriedKey | Promise<CarriedKey>;
  /** @returns the content encryption key, which the caller zeroes; null where it is not of this key. A wrong one may come, too: the tag tells */
  process(key: KeyObject, carrier: Carrier): Uint8Array | null | Promise<Uint8Array | null>;
}

/**
 * A key management algorithm, the `alg` of a JWE: how the content encryption key comes about, as a function of the content encryption
 * because lengths depend on it.
 *
 * @see RFC 7518 section 4
 */
export type KeyManagement = (content: Pick<ContentEncryption, 'keyBytes'> & { readonly enc: string }) => ManagedKey;
