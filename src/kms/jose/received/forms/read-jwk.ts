import { isObject } from '#infra/json/json-object.ts';
import { repeatedMember } from '#infra/http/request/member-names.ts';
import { decodeBase64url } from '../../encoding/base64url.ts';
import {
  type EcCurve,
  EC_BYTES,
  type KeyParts,
  type MlDsaSet,
  OKP_BYTES,
  type OkpCurve,
  type Point,
  type RsaPublicParts,
  SEED_BYTES,
} from './key-parts.ts';
import { KeyRefused } from './key-refused.ts';

/** The members that say what a key is and is for. @see RFC 7517 section 4 */
const FACTS = ['kty', 'use', 'alg', 'kid'] as const;

/** The value of every other member is anything that JSON has. */
export type Jwk = Readonly<Record<string, unknown>> & { readonly [Fact in (typeof FACTS)[number]]?: string | undefined };

const refused = (message: string, fix = 'Give the key as a JWK (RFC 7517).'): KeyRefused => new KeyRefused('form', message, fix);

/**
 * Takes an object as a JWK whose `kty`, `use`, `alg` and `kid`, where it has them, are texts.
 *
 * @throws KeyRefused `form`
 * @see RFC 7517 section 4
 */
export const jwkOf = (value: Readonly<Record<string, unknown>>): Jwk => {
  const other = FACTS.find((member) => value[member] !== undefined && typeof value[member] !== 'string');
  if (other !== undefined) throw refused(`has a member ${other} that is no text`);
  return value as Jwk;
};

/**
 * Parses the JSON of a JWK.
 *
 * @throws KeyRefused `form`
 * @see RFC 7517 section 4: member names are unique
 */
export const parseJwk = (bytes: Uint8Array): Jwk => {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw refused('is no JSON, as a JWK is');
  }
  if (!isObject(value)) throw refused('is no JSON object, as a JWK is');
  const twice = repeatedMember(text, value);
  if (twice !== null) throw refused(`has the member ${twice.slice(1)} twice`);
  return jwkOf(value);
};

const bytesOf = (jwk: Jwk, member: string): Uint8Array => {
  const text = jwk[member];
  if (text === undefined) throw refused(`has no member ${member}`);
  const bytes = typeof text === 'string' ? decodeBase64url(text) : null;
  if (!bytes) throw refused(`has a member ${member} that is not canonical base64url`);
  return bytes;
};

const octetsOf = (jwk: Jwk, member: string, length: number): Uint8Array => {
  const bytes = bytesOf(jwk, member);
  if (bytes.length !== length) throw refused(`has a member ${member} of ${bytes.length} bytes, and ${length} are needed`);
  return bytes;
};

/** @see RFC 7518 section 2: Base64urlUInt has no zeros before it */
const numberOf = (jwk: Jwk, member: string): Uint8Array => {
  const bytes = bytesOf(jwk, member);
  if ((bytes[0] ?? 0) === 0) throw refused(`has a member ${member} that is empty or begins with zeros`);
  return bytes;
};

const curveOf = <Curve extends string>(jwk: Jwk, curves: readonly Curve[]): Curve => {
  const { kty, crv } = jwk;
  const curve = curves.find((each) => each === crv);
  if (curve === undefined) throw new KeyRefused('kind', `is a key of kty ${kty} on a curve that is not taken`, `Use ${curves.join(', ')}.`);
  return curve;
};

/** @see RFC 7518 section 6.3.1 */
export const rsaPublicPartsOf = (jwk: Jwk): RsaPublicParts => ({ n: numberOf(jwk, 'n'), e: numberOf(jwk, 'e') });

const EC_CURVES = Object.keys(EC_BYTES) as readonly EcCurve[];

/** @see RFC 7518 section 6.2.1 */
export const ecPublicPartsOf = (jwk: Jwk): { readonly curve: EcCurve; readonly point: Point } => {
  const curve = curveOf(jwk, EC_CURVES);
  return { curve, point: { x: octetsOf(jwk, 'x', EC_BYTES[curve]), y: octetsOf(jwk, 'y', EC_BYTES[curve]) } };
};

/** @see RFC 8037 section 2 */
export const okpPublicPartsOf = <Curve extends OkpCurve>(
  jwk: Jwk,
  curves: readonly Curve[],
): { readonly curve: Curve; readonly x: Uint8Array } => ({
  curve: curveOf(jwk, curves),
  x: octetsOf(jwk, 'x', OKP_BYTES),
});

/** @see RFC 7518 section 6.3.2: who has the prime factors gives all five members */
const rsaOf = (jwk: Jwk): KeyParts => {
  if (jwk['oth'] !== undefined) throw refused('is an RSA key of more than two primes (oth)', 'Use a key of two primes.');
  const [d, p, q, dp, dq, qi] = [
    numberOf(jwk, 'd'),
    numberOf(jwk, 'p'),
    numberOf(jwk, 'q'),
    numberOf(jwk, 'dp'),
    numberOf(jwk, 'dq'),
    numberOf(jwk, 'qi'),
  ];
  return { type: 'rsa', ...rsaPublicPartsOf(jwk), d, p, q, dp, dq, qi };
};

const ecOf = (jwk: Jwk): KeyParts => {
  const { curve, point } = ecPublicPartsOf(jwk);
  return { type: 'ec', curve, point, d: octetsOf(jwk, 'd', EC_BYTES[curve]) };
};

const okpOf = (jwk: Jwk): KeyParts => ({ type: 'okp', ...okpPublicPartsOf(jwk, ['X25519', 'Ed25519']), d: octetsOf(jwk, 'd', OKP_BYTES) });

const SETS: readonly MlDsaSet[] = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'];

/** @see RFC 9964 section 3: `alg` is required, and `priv` is the seed */
const mlDsaOf = (jwk: Jwk): KeyParts => {
  const set = SETS.find((each) => each === jwk['alg']);
  if (set === undefined) throw refused('is a key of kty AKP without an alg that is taken', `Use ${SETS.join(', ')}.`);
  return { type: 'ml-dsa', set, seed: octetsOf(jwk, 'priv', SEED_BYTES), pub: bytesOf(jwk, 'pub') };
};

/**
 * The parts of a private or secret key.
 *
 * @throws KeyRefused `form`; `kind` for a curve that no algorithm has
 */
export const readJwk = (jwk: Jwk): KeyParts => {
  switch (jwk['kty']) {
    case 'RSA':
      return rsaOf(jwk);
    case 'EC':
      return ecOf(jwk);
    case 'OKP':
      return okpOf(jwk);
    case 'AKP':
      return mlDsaOf(jwk);
    case 'oct':
      return { type: 'symmetric', bytes: bytesOf(jwk, 'k') };
    default:
      throw refused('is a JWK without a kty that is taken', 'Use RSA, EC, OKP, AKP or oct.');
  }
};
