import type { KeyObject } from 'node:crypto';
import type { KeyType } from './key-type.ts';

/** A signature algorithm, the `alg` of a JWS. @see RFC 7518 section 3 */
export interface Signature {
  readonly key: KeyType;
  readonly signatureBytes: number;
  readonly summary: string;
  /** Of bytes that are no JWS; a key of it does the one or the other. */
  readonly raw: RawForm;
  sign(key: KeyObject, input: Uint8Array): Uint8Array | Promise<Uint8Array>;
  verify(key: KeyObject, input: Uint8Array, signature: Uint8Array): boolean;
}

/** HMAC is a message authentication code, the others are signatures. */
export type RawForm = { readonly kind: 'mac'; readonly hash: Hash } | RawSignature;

/** By its name in FIPS 180-4. */
export type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512';

/** `p1363`: two numbers of fixed length, as in a JWS (IEEE P1363). `der`: the same numbers in ASN.1 (RFC 3279 section 2.2.3). */
export const SIGNATURE_ENCODINGS = ['der', 'p1363'] as const;
export type SignatureEncoding = (typeof SIGNATURE_ENCODINGS)[number];

/** Signatures over bytes as they are. */
export interface RawSignature {
  readonly kind: 'sign-raw';
  /** The hash that the signature is over; null where the algorithm signs the message itself. */
  readonly hash: Hash | null;
  /** In DER; null where a signature has one encoding only. */
  readonly der: DerSignature | null;
  /** Over a digest that the caller made; where that is refused, the reason, as the end of a sentence that begins with the digest. */
  readonly digest: DigestSignature | string;
}

interface DerSignature {
  readonly maxBytes: number;
  sign(key: KeyObject, payload: Uint8Array): Uint8Array | Promise<Uint8Array>;
  verify(key: KeyObject, payload: Uint8Array, signature: Uint8Array): boolean;
}

/** A signature over a digest is one over the content that has this digest: both are verified alike. */
export interface DigestSignature {
  readonly bytes: number;
  sign(key: KeyObject, digest: Uint8Array): Uint8Array;
  verify(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean;
}
