/** Curves of ECDSA and ECDH keys. @see RFC 7518 section 6.2.1.1 */
export type EcCurve = 'P-256' | 'P-384' | 'P-521';
/** Curves whose keys are octet strings. @see RFC 8037 section 2 */
export type OkpCurve = 'X25519' | 'Ed25519';
/** @see FIPS 204 section 4 */
export type MlDsaSet = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';

export const EC_BYTES: Readonly<Record<EcCurve, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };
export const OKP_BYTES = 32;
export const SEED_BYTES = 32;

/**
 * The parts of a private or secret key, as every form states them; nothing is checked yet but their lengths. Public parts that a form
 * may leave out are null. Numbers are big-endian, without leading zeros in RSA.
 */
export type KeyParts = RsaParts | EcParts | OkpParts | MlDsaParts | SymmetricParts;

/** @see RFC 8017 section 3.1 */
export interface RsaPublicParts {
  readonly n: Uint8Array;
  readonly e: Uint8Array;
}

/** @see RFC 8017 section 3.2 */
export interface RsaParts extends RsaPublicParts {
  readonly type: 'rsa';
  readonly d: Uint8Array;
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  readonly dp: Uint8Array;
  readonly dq: Uint8Array;
  readonly qi: Uint8Array;
}

/** @see SEC 1 section 2.3.3 */
export interface Point {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** @see RFC 5915 section 3 */
export interface EcParts {
  readonly type: 'ec';
  readonly curve: EcCurve;
  readonly d: Uint8Array;
  readonly point: Point | null;
}

/** @see RFC 8410 section 7 */
export interface OkpParts {
  readonly type: 'okp';
  readonly curve: OkpCurve;
  readonly d: Uint8Array;
  readonly x: Uint8Array | null;
}

/** @see RFC 9881 section 6 */
export interface MlDsaParts {
  readonly type: 'ml-dsa';
  readonly set: MlDsaSet;
  readonly seed: Uint8Array;
  readonly pub: Uint8Array | null;
}

export interface SymmetricParts {
  readonly type: 'symmetric';
  readonly bytes: Uint8Array;
}
