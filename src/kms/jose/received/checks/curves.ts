import { createECDH, createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { encodeBase64url, viewOf } from '../../encoding/base64url.ts';
import { EC_BYTES, type EcCurve, type EcParts, type MlDsaParts, type OkpParts, type Point } from '../forms/key-parts.ts';
import { KeyRefused } from '../forms/key-refused.ts';
import { writePkcs8 } from '../forms/write-pkcs8.ts';

const inconsistent = (message: string): KeyRefused =>
  new KeyRefused('inconsistent', message, 'Export the key again from where it was made.');

const equal = (one: Uint8Array, other: Uint8Array): boolean => viewOf(one).equals(other);

/** A public key on its curve. @throws KeyRefused `inconsistent` */
export const checkPoint = (curve: EcCurve, { x, y }: Point): KeyObject => {
  try {
    return createPublicKey({ key: { kty: 'EC', crv: curve, x: encodeBase64url(x), y: encodeBase64url(y) }, format: 'jwk' });
  } catch {
    throw inconsistent(`has a public point that is not on ${curve}`);
  }
};

const OPENSSL_NAMES: Readonly<Record<EcCurve, string>> = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };

/** The point of a private number. @throws KeyRefused `inconsistent` */
const pointOf = (curve: EcCurve, d: Uint8Array): Point => {
  const pair = createECDH(OPENSSL_NAMES[curve]);
  try {
    pair.setPrivateKey(d);
  } catch {
    throw inconsistent(`has a private number that is not within the order of ${curve}`);
  }
  const bytes = pair.getPublicKey();
  return { x: bytes.subarray(1, 1 + EC_BYTES[curve]), y: bytes.subarray(1 + EC_BYTES[curve]) };
};

/** The key with its public point. @throws KeyRefused `inconsistent` */
export const checkEc = (parts: EcParts): EcParts => {
  const { curve, d, point } = parts;
  if (point) checkPoint(curve, point);
  const own = pointOf(curve, d);
  if (point && !(equal(own.x, point.x) && equal(own.y, point.y)))
    throw inconsistent('has a public point that is not of its private number');
  return { ...parts, point: own };
};

/** @throws KeyRefused `inconsistent` where a public part is stated that is not of the private one */
export const checkPublicPart = (parts: OkpParts | MlDsaParts): void => {
  const stated = parts.type === 'okp' ? parts.x : parts.pub;
  if (!stated) return;
  const secret = writePkcs8(parts);
  try {
    const publicKey = createPublicKey(createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' }));
    const jwk = { ...publicKey.export({ format: 'jwk' }) } as Readonly<Record<string, unknown>>;
    if (jwk[parts.type === 'okp' ? 'x' : 'pub'] !== encodeBase64url(stated))
      throw inconsistent('has a public part that is not of its private part');
  } finally {
    secret.fill(0);
  }
};

/**
 * A public key of X25519 with which something secret can be agreed on.
 *
 * @throws KeyRefused `weak` for a point of low order
 * @see RFC 7748 section 6.1
 */
export const checkX25519 = (x: Uint8Array): KeyObject => {
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: encodeBase64url(x) }, format: 'jwk' });
  const privateKey = createPrivateKey({
    key: viewOf(writePkcs8({ type: 'okp', curve: 'X25519', d: new Uint8Array(32).fill(1), x: null })),
    format: 'der',
    type: 'pkcs8',
  });
  try {
    diffieHellman({ privateKey, publicKey }).fill(0);
  } catch {
    throw new KeyRefused('weak', 'is a point of low order on X25519', 'Make a new key.');
  }
  return publicKey;
};
