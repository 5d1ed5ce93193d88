import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';

/** The public keys of a client. @see RFC 7517 section 5 */
export interface ClientKeySet {
  readonly keys: readonly JWK[];
}

/** Keys of one client: each of them may be tried for a signature that names none. */
export const MAX_CLIENT_KEYS = 16;

const CURVES = ['P-256', 'P-384', 'P-521', 'Ed25519'];
const RSA_BITS = { least: 2048, most: 4096 };
const RSA_EXPONENT = { least: 65_537n, most: 0xffff_ffffn };

const read = (jwk: JWK): KeyObject | undefined => {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
};

const rsaIssue = ({ asymmetricKeyDetails: { modulusLength: bits = 0, publicExponent: exponent = 0n } = {} }: KeyObject) => {
  if (bits < RSA_BITS.least || bits > RSA_BITS.most) return `has ${bits} bits; RSA keys have ${RSA_BITS.least} to ${RSA_BITS.most}`;
  return exponent < RSA_EXPONENT.least || exponent > RSA_EXPONENT.most
    ? 'has a public exponent that is not 65537 or little more'
    : undefined;
};

/**
 * Why a key of a client cannot be taken for a signature: of another kind, off its curve, too weak, or so large that a check costs too
 * much.
 *
 * @returns undefined for one that can
 */
export const clientKeyIssue = (jwk: JWK): string | undefined => {
  const isCurve = jwk.kty === 'EC' || jwk.kty === 'OKP';
  if (isCurve ? !CURVES.includes(String(jwk.crv)) : jwk.kty !== 'RSA') return `is no key on ${CURVES.join(', ')}, nor one of RSA`;
  const key = read(jwk);
  if (key === undefined) return 'is no key, or not on its curve';
  return isCurve ? undefined : rsaIssue(key);
};
