import type { ContentEncryption } from './families/content-encryption.ts';
import type { HeaderParameter, ManagedKey } from './families/key-management.ts';
import type { KeyType } from './families/key-type.ts';
import type { Signature } from './families/signature.ts';

/** The operations that a caller may ask of a key. */
export const OPERATIONS = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'sign-raw',
  'verify-raw',
  'mac',
  'mac-verify',
  'wrap',
  'unwrap',
  'rewrap',
  'generate',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Operations that apply protection; a key that has expired or is superseded may not do them (SP 800-57 part 1, section 7.4). */
export const PROTECTING: ReadonlySet<Operation> = new Set<Operation>(['encrypt', 'sign', 'sign-raw', 'mac', 'wrap', 'rewrap', 'generate']);

/**
 * What a key is for, fixed at its creation. A key that signs JWS signs nothing else: a JWS is a signature over `header.payload`, so who
 * may have any bytes signed could have one made of any content.
 */
export const KEY_PURPOSES = ['encrypt', 'sign', 'sign-raw', 'mac', 'wrap'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** Purposes in which a key proves who made something: once others know the key, it proves nothing. */
export const PROVING: ReadonlySet<KeyPurpose> = new Set<KeyPurpose>(['sign', 'sign-raw', 'mac']);

/** Every fact about one algorithm of an elastic key. */
export interface Algorithm {
  /** `enc/alg` or `alg`: the name without size, curve and use of its key. */
  readonly base: string;
  readonly use: KeyPurpose;
  readonly operations: readonly Operation[];
  readonly jose: JweForm | JwsForm | BytesForm;
  readonly key: KeyType;
  /** Whether a key of it takes up to seconds of a processor to make. */
  readonly isSlowToMake: boolean;
  /** How often one version may protect; null where the algorithm sets no bound. */
  readonly protectionLimit: number | null;
  readonly summary: string;
}

/** The form of every compact serialisation that a key of the algorithm makes and reads. */
export interface CompactForm {
  /** Header parameters whose values are fixed for the key. */
  readonly header: Readonly<Record<string, string>>;
  /** Every header parameter that may stand in it. */
  readonly parameters: ReadonlyMap<string, HeaderParameter>;
  /** Bytes of each segment after the header. */
  readonly segments: readonly (number | 'any')[];
}

/** Content protection. @see RFC 7516 section 7.1 */
export interface JweForm extends CompactForm {
  readonly kind: 'jwe';
  readonly header: { readonly alg: string; readonly enc: string };
  readonly content: Pick<ContentEncryption, 'keyBytes' | 'ivBytes' | 'encrypt' | 'decrypt'>;
  readonly management: Pick<ManagedKey, 'protect' | 'process'>;
}

/** Signature. @see RFC 7515 section 7.1 */
export interface JwsForm extends CompactForm {
  readonly kind: 'jws';
  readonly header: { readonly alg: string };
  /** Every header parameter that may stand in one whose payload travels apart. */
  readonly detachedParameters: ReadonlyMap<string, HeaderParameter>;
  readonly signature: Pick<Signature, 'sign' | 'verify' | 'raw'>;
}

/** Signature or MAC over bytes that are no JWS; `alg` is the name of the algorithm alone. */
export interface BytesForm {
  readonly kind: 'bytes';
  readonly header: { readonly alg: string };
  readonly signature: Pick<Signature, 'sign' | 'verify' | 'signatureBytes' | 'raw'>;
}
