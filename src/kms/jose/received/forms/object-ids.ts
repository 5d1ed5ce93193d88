import type { EcCurve, MlDsaSet, OkpCurve } from './key-parts.ts';

/** Object identifiers of keys, as the hexadecimal digits of their DER content. */
export const RSA = '2a864886f70d010101';
export const EC = '2a8648ce3d0201';

/** @see RFC 5480 section 2.1.1.1 */
export const EC_CURVES: Readonly<Record<EcCurve, string>> = { 'P-256': '2a8648ce3d030107', 'P-384': '2b81040022', 'P-521': '2b81040023' };

/** @see RFC 8410 section 3 */
export const OKP_CURVES: Readonly<Record<OkpCurve, string>> = { X25519: '2b656e', Ed25519: '2b6570' };

/** @see RFC 9881 section 2 */
export const ML_DSA_SETS: Readonly<Record<MlDsaSet, string>> = {
  'ML-DSA-44': '608648016503040311',
  'ML-DSA-65': '608648016503040312',
  'ML-DSA-87': '608648016503040313',
};

/** Kinds of keys that are known and not taken, so that a refusal can name them. */
export const OTHERS: Readonly<Record<string, string>> = {
  '2a864886f70d01010a': 'an RSA key for PSS alone (id-RSASSA-PSS); export it as rsaEncryption',
  '2a864886f70d010107': 'an RSA key for OAEP alone (id-RSAES-OAEP); export it as rsaEncryption',
  '2a8648ce380401': 'a DSA key',
  '2b8104000a': 'on secp256k1',
  '2b656f': 'an X448 key',
  '2b6571': 'an Ed448 key',
};

/** The name in a table that an identifier has; undefined where it has none. */
export const nameOf = <Name extends string>(table: Readonly<Record<Name, string>>, id: string): Name | undefined =>
  (Object.keys(table) as Name[]).find((name) => table[name] === id);
