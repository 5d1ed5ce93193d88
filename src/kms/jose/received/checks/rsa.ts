import { checkPrime } from 'node:crypto';
import { promisify } from 'node:util';
import { viewOf } from '../../encoding/base64url.ts';
import type { RsaParts, RsaPublicParts } from '../forms/key-parts.ts';
import { KeyRefused } from '../forms/key-refused.ts';
import { isRocaWeak } from './roca.ts';

const isPrime = promisify((candidate: Uint8Array, done: (error: Error | null, prime: boolean) => void) => checkPrime(candidate, done));

/** Bits of the smallest modulus. @see NIST SP 800-131A section 6 */
const MIN_BITS = 2048;
/** Bits of the largest one that a caller may have us encrypt with. */
const MAX_BITS = 8192;
/** @see FIPS 186-5 section A.1.1 */
const MIN_EXPONENT = 65_537n;
/** OpenSSL takes no longer one for a modulus of more than 3072 bits. */
const MAX_EXPONENT = 2n ** 64n;

/** Numbers of the runtime cannot be zeroed: those of a private key stay in memory until they are collected. */
const numberOf = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${viewOf(bytes).toString('hex')}`));

const bitsOf = (value: bigint): number => value.toString(2).length;

const weak = (message: string): KeyRefused =>
  new KeyRefused('weak', message, 'Make a new key of at least 2048 bits with the exponent 65537.');
const inconsistent = (message: string): KeyRefused =>
  new KeyRefused('inconsistent', message, 'Export the key again from where it was made.');

/** Bits of the modulus. */
export const rsaBits = ({ n }: RsaPublicParts): number => bitsOf(numberOf(n));

/**
 * Refuses a public key that is known to be weak by what anybody can see of it.
 *
 * @throws KeyRefused `weak`, `inconsistent`
 * @see NIST SP 800-89 section 5.3.3
 */
export const checkRsaPublic = (parts: RsaPublicParts): void => {
  const [n, e] = [numberOf(parts.n), numberOf(parts.e)];
  const bits = bitsOf(n);
  if (bits < MIN_BITS) throw weak(`is an RSA key of ${bits} bits, and ${MIN_BITS} are the least`);
  if (bits > MAX_BITS) throw new KeyRefused('kind', `is an RSA key of ${bits} bits, and ${MAX_BITS} are the most`, 'Use a smaller key.');
  if (e % 2n === 0n) throw weak('has a public exponent that is even');
  if (e < MIN_EXPONENT) throw weak(`has a public exponent below ${MIN_EXPONENT}`);
  if (e >= MAX_EXPONENT) throw weak('has a public exponent of more than 64 bits');
  if (n % 2n === 0n) throw inconsistent('has a modulus that is even');
  if (isRocaWeak(n)) throw weak('has the fingerprint of CVE-2017-15361 (ROCA): its primes can be found from its modulus');
};

/**
 * Refuses a private key whose parts are not of one key, or whose primes are no primes or too close to each other.
 *
 * @throws KeyRefused `weak`, `inconsistent`
 * @see FIPS 186-5 section A.1.3, NIST SP 800-56B section 6.4.1.4
 */
export const checkRsaPrivate = async (parts: RsaParts): Promise<void> => {
  checkRsaPublic(parts);
  const [n, e, d, p, q] = [numberOf(parts.n), numberOf(parts.e), numberOf(parts.d), numberOf(parts.p), numberOf(parts.q)];
  const half = bitsOf(n) / 2;
  if (p * q !== n) throw inconsistent('has a modulus that is not the product of its two primes');
  if (bitsOf(p) !== half || bitsOf(q) !== half) throw weak('has primes of different lengths');
  const distance = p > q ? p - q : q - p;
  if (distance <= 2n ** BigInt(half - 100)) throw weak('has primes that are too close to each other');
  if (d >= n || (e * d) % (p - 1n) !== 1n || (e * d) % (q - 1n) !== 1n)
    throw inconsistent('has a private exponent that does not belong to its public one');
  if (d <= 2n ** BigInt(half)) throw weak('has a private exponent that is too short');
  const [dp, dq, qi] = [numberOf(parts.dp), numberOf(parts.dq), numberOf(parts.qi)];
  if (dp !== d % (p - 1n) || dq !== d % (q - 1n)) throw inconsistent('has CRT exponents (dp, dq) that are not of its private exponent');
  if (qi >= p || (qi * q) % p !== 1n) throw inconsistent('has a CRT coefficient (qi) that is not of its primes');
  if (!(await isPrime(parts.p)) || !(await isPrime(parts.q))) throw inconsistent('has primes that are not prime');
};
