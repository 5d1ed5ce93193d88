import { unreachable } from '#infra/apperr/app-error.ts';
import { der, derBits, derNumber, TAG } from './der.ts';
import type { EcParts, KeyParts, MlDsaParts, OkpParts, RsaParts } from './key-parts.ts';
import { EC, EC_CURVES, ML_DSA_SETS, OKP_CURVES, RSA } from './object-ids.ts';

type PairParts = Exclude<KeyParts, { readonly type: 'symmetric' }>;

const objectId = (hex: string): Uint8Array => der(TAG.objectId, Buffer.from(hex, 'hex'));

/** One element of secret parts, which are zeroed. */
const sealedIn = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = der(tag, ...parts);
  for (const each of parts) each.fill(0);
  return whole;
};

const ZERO = (): Uint8Array => derNumber(new Uint8Array());

const pkcs8 = (algorithm: readonly Uint8Array[], privateKey: Uint8Array): Uint8Array =>
  sealedIn(TAG.sequence, ZERO(), der(TAG.sequence, ...algorithm), sealedIn(TAG.octetString, privateKey));

const rsa = ({ n, e, d, p, q, dp, dq, qi }: RsaParts): Uint8Array =>
  pkcs8([objectId(RSA), der(TAG.null)], sealedIn(TAG.sequence, ZERO(), ...[n, e, d, p, q, dp, dq, qi].map(derNumber)));

const ec = ({ curve, d, point }: EcParts): Uint8Array => {
  const publicPoint = point === null ? [] : [der(TAG.constructed1, derBits(Uint8Array.of(4, ...point.x, ...point.y)))];
  const secret = sealedIn(TAG.sequence, derNumber(Uint8Array.of(1)), der(TAG.octetString, d), ...publicPoint);
  return pkcs8([objectId(EC), objectId(EC_CURVES[curve])], secret);
};

const okp = ({ curve, d }: OkpParts): Uint8Array => pkcs8([objectId(OKP_CURVES[curve])], der(TAG.octetString, d));

const mlDsa = ({ set, seed }: MlDsaParts): Uint8Array => pkcs8([objectId(ML_DSA_SETS[set])], der(TAG.primitive0, seed));

/**
 * The PKCS#8 of a private key in DER, as the KMS stores it, with nothing in it but the parts; the caller zeroes it.
 *
 * @see RFC 5958 section 2
 */
export const writePkcs8 = (parts: PairParts): Uint8Array => {
  switch (parts.type) {
    case 'rsa':
      return rsa(parts);
    case 'ec':
      return ec(parts);
    case 'okp':
      return okp(parts);
    case 'ml-dsa':
      return mlDsa(parts);
    default:
      return unreachable(parts);
  }
};
