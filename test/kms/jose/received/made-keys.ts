import { checkPrimeSync, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { viewOf } from '#kms/jose/encoding/base64url.ts';
import type { RsaParts } from '#kms/jose/received/forms/key-parts.ts';
import { writePkcs8 } from '#kms/jose/received/forms/write-pkcs8.ts';

/** The bytes of a number, without leading zeros. */
export const bytesOf = (value: bigint): Uint8Array => {
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
};

export const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

const inverse = (value: bigint, modulus: bigint): bigint => {
  let [r, next, t, step] = [modulus, value % modulus, 0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, step] = [step, t - quotient * step];
  }
  return ((t % modulus) + modulus) % modulus;
};

/** The whole RSA key of two primes, which nobody has checked. */
export const rsaOf = (p: bigint, q: bigint, e = 65_537n): RsaParts => {
  const d = inverse(e, (p - 1n) * (q - 1n));
  const [n, dp, dq, qi] = [p * q, d % (p - 1n), d % (q - 1n), inverse(q, p)];
  const parts = { n, e, d, p, q, dp, dq, qi };
  const bytes = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, bytesOf(value)]));
  return { type: 'rsa', ...(bytes as unknown as Omit<RsaParts, 'type'>) };
};

/** The next prime from a number on that leaves no common factor with an exponent. */
export const primeFrom = (start: bigint, step: bigint, e = 65_537n): bigint => {
  for (let candidate = start; ; candidate += step) {
    if ((candidate - 1n) % e !== 0n && checkPrimeSync(candidate, { checks: 5 })) return candidate;
  }
};

/** An odd number of so many bits, the two highest of them set. */
export const oddOf = (bits: number): bigint => {
  const top = 3n << BigInt(bits - 2);
  return (numberOf(randomBytes(bits / 8)) % (1n << BigInt(bits - 2))) | top | 1n;
};

/** A prime of the form that CVE-2017-15361 gives away: `k · M + (65537^a mod M)`. It is of no key that anybody uses. */
export const primeWithFingerprint = (bits: number): bigint => {
  let product = 2n;
  for (let prime = 3n, found = 1; found < 126; prime += 2n) {
    if (!checkPrimeSync(prime)) continue;
    product *= prime;
    found += 1;
  }
  let power = 1n;
  for (let exponent = numberOf(randomBytes(2)) + 2n; exponent > 0n; exponent -= 1n) power = (power * 65_537n) % product;
  const start = oddOf(bits);
  return primeFrom(start - (start % product) + power, product);
};

export const pkcs8Of = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));

export const privateKeyOf = (pkcs8: Uint8Array): KeyObject => createPrivateKey({ key: viewOf(pkcs8), format: 'der', type: 'pkcs8' });

export const rsaPkcs8 = (parts: RsaParts): Uint8Array => writePkcs8(parts);

/** A new key pair of a kind that Node makes. */
export const newPrivateKey = (
  kind: 'P-256' | 'P-384' | 'P-521' | 'secp256k1' | 'ed25519' | 'x25519' | 'ed448' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87',
): KeyObject =>
  /^(P-|secp)/.test(kind) ? generateKeyPairSync('ec', { namedCurve: kind }).privateKey : generateKeyPairSync(kind as 'ed25519').privateKey;
