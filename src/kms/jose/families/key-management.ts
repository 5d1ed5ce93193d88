import type { ContentEncryption } from './content-encryption.ts';
import type { KeyType } from './key-type.ts';

/** A parameter of the protected header, beside those that have one possible value for the key. */
export interface HeaderParameter {
  /** The JSON type of its value; an array is no object. */
  readonly type: 'string' | 'object';
  /** Its value in a decoy; a decoy leaves out a parameter without one. */
  readonly decoy?: unknown;
}

/**
 * A key management algorithm, the `alg` of a JWE: how the content encryption key comes about, as a function of the content encryption
 * because lengths depend on it.
 *
 * @see RFC 7518 section 4
 */
export type KeyManagement = (content: ContentEncryption) => {
  readonly key: KeyType;
  readonly encryptedKeyBytes: number;
  /** Header parameters of this family. @see RFC 7518 sections 4.6.1 and 4.7.1 */
  readonly parameters: Readonly<Record<string, HeaderParameter>>;
  /** How often one version of a key may protect with it; null where it sets no bound. */
  readonly protectionLimit: number | null;
  readonly summary: string;
  /** Ends the sentence "the content encryption key is …". */
  readonly contentKey: string;
};

/** AES Key Wrap adds eight bytes to the key that it wraps. @see RFC 7518 section 4.4, RFC 3394 */
export const aesKeyWrap =
  (bits: 128 | 192 | 256): KeyManagement =>
  ({ keyBytes }) => ({
    key: { kind: 'symmetric', bytes: bits / 8, parameters: { name: 'AES-KW' }, usages: ['wrapKey', 'unwrapKey'] },
    encryptedKeyBytes: keyBytes + 8,
    parameters: {},
    protectionLimit: null,
    summary: `AES-${bits} key wrap`,
    contentKey: `wrapped with AES-${bits} key wrap`,
  });

/** Every `alg` of a JWE that is offered. */
export const KEY_MANAGEMENTS = {
  A256KW: aesKeyWrap(256),
} as const satisfies Readonly<Record<string, KeyManagement>>;
