import { unreachable } from '#infra/apperr/app-error.ts';
import type { Algorithm, KeyPurpose } from '../algorithm.ts';
import { isLength, lengthOf } from '../families/key-type.ts';
import { checkEc, checkPublicPart } from './checks/curves.ts';
import { checkRsaPrivate, checkRsaPublic, rsaBits } from './checks/rsa.ts';
import type { KeyParts } from './forms/key-parts.ts';
import { KeyRefused } from './forms/key-refused.ts';
import { type Jwk, parseJwk, readJwk } from './forms/read-jwk.ts';
import { readPkcs8 } from './forms/read-pkcs8.ts';
import { writePkcs8 } from './forms/write-pkcs8.ts';

/**
 * Keys that come from elsewhere:
 *
 *     bytes ─► forms/read-… ─► parts ─► of the algorithm? ─► checks/… ─► secret, as the KMS makes it itself
 *
 * Every refusal is a `KeyRefused`, which says what is wrong with the key and holds nothing of it.
 */

/** The forms in which a key travels: PKCS#8 in DER, the bytes of a symmetric key, a JWK. */
export const KEY_FORMATS = ['pkcs8', 'raw', 'jwk'] as const;
export type KeyFormat = (typeof KEY_FORMATS)[number];

/** The form of a key of this algorithm where nobody names another. */
export const usualFormat = ({ key }: Pick<Algorithm, 'key'>): KeyFormat => (key.kind === 'symmetric' ? 'raw' : 'pkcs8');

const wordsOf = (parts: KeyParts): string => {
  switch (parts.type) {
    case 'rsa':
      return `an RSA key of ${rsaBits(parts)} bits`;
    case 'ec':
    case 'okp':
      return `a key on ${parts.curve}`;
    case 'ml-dsa':
      return `a key of ${parts.set}`;
    case 'symmetric':
      return `a symmetric key of ${parts.bytes.length} bytes`;
    default:
      return unreachable(parts);
  }
};

const wordsOfKey = ({ key, base }: Algorithm): string => {
  if (key.kind === 'symmetric') return `a symmetric key of ${lengthOf(key)}`;
  if (key.size !== null) return `an RSA key of ${key.size} bits`;
  return key.curve === null ? `a key of ${base}` : `a key on ${key.curve}`;
};

/** @throws KeyRefused `kind` for a key of another type, curve or length than those of the algorithm */
const checkKind = (parts: KeyParts, algorithm: Algorithm): void => {
  const { key } = algorithm;
  if (parts.type === 'symmetric' && key.kind === 'symmetric' && isLength(key, parts.bytes.length)) return;
  const [given, wanted] = [wordsOf(parts), wordsOfKey(algorithm)];
  if (given !== wanted) throw new KeyRefused('kind', `is ${given}, and this elastic key takes ${wanted}`, `Give ${wanted}.`);
};

/** Uses of a key that are `sig` in a JWK. @see RFC 7517 section 4.2 */
const SIGNING: readonly KeyPurpose[] = ['sign', 'sign-raw', 'mac'];

/** @throws KeyRefused `kind` for a JWK that says of itself that it is for something else */
const checkPurpose = ({ alg, use }: Jwk, { jose, base, use: purpose }: Algorithm): void => {
  const algs: readonly unknown[] = [undefined, base, ...Object.values(jose.header)];
  if (!algs.includes(alg))
    throw new KeyRefused(
      'kind',
      `says alg ${alg?.slice(0, 32)}, and this elastic key is of ${base}`,
      'Leave alg out, or use another elastic key.',
    );
  const own = SIGNING.includes(purpose) ? 'sig' : 'enc';
  if (use !== undefined && use !== own)
    throw new KeyRefused(
      'kind',
      `says use ${use.slice(0, 32)}, and this elastic key has the use ${own}`,
      'Leave use out, or use another elastic key.',
    );
};

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** The parts, found to be those of one key that nobody can guess. */
const checked = async (parts: KeyParts): Promise<KeyParts> => {
  switch (parts.type) {
    case 'rsa':
      await checkRsaPrivate(parts);
      return parts;
    case 'ec':
      return checkEc(parts);
    default: {
      const secret = parts.type === 'symmetric' ? parts.bytes : parts.type === 'okp' ? parts.d : parts.seed;
      if (isZero(secret)) throw new KeyRefused('weak', 'is all zeros', 'Make a new key by a random number generator.');
      if (parts.type !== 'symmetric') checkPublicPart(parts);
      return parts;
    }
  }
};

const read = (format: KeyFormat, bytes: Uint8Array, algorithm: Algorithm): KeyParts => {
  if (format === 'raw') {
    if (algorithm.key.kind === 'symmetric') return { type: 'symmetric', bytes };
    throw new KeyRefused('form', 'is given as raw bytes, which only a symmetric key is', 'Name the format pkcs8 or jwk.');
  }
  if (format === 'pkcs8') {
    if (algorithm.key.kind === 'pair') return readPkcs8(bytes);
    throw new KeyRefused('form', 'is given as PKCS#8, which no symmetric key is', 'Name the format raw or jwk.');
  }
  const jwk = parseJwk(bytes);
  const parts = readJwk(jwk);
  checkPurpose(jwk, algorithm);
  return parts;
};

/**
 * Makes a secret of a key that came from elsewhere.
 *
 * @param bytes in this format; the caller zeroes them
 * @returns what `generateSecret` would have made: raw bytes of a symmetric key, PKCS#8 of a key pair; the caller zeroes it
 * @throws KeyRefused
 */
export const receiveKey = async (algorithm: Algorithm, format: KeyFormat, bytes: Uint8Array): Promise<Uint8Array> => {
  const parts = read(format, bytes, algorithm);
  // A key that is too small or weak is so for every algorithm.
  if (parts.type === 'rsa') checkRsaPublic(parts);
  checkKind(parts, algorithm);
  const whole = await checked(parts);
  return whole.type === 'symmetric' ? Uint8Array.from(whole.bytes) : writePkcs8(whole);
};
