/** The odd primes below a number. */
const primesBelow = (end: number): readonly number[] => {
  const primes: number[] = [];
  for (let next = 3; next < end; next += 2) if (primes.every((prime) => next % prime !== 0)) primes.push(next);
  return primes;
};

/** Keys of 1984 bits or more have the fingerprint by all primes up to 701. */
const PRIMES = primesBelow(702);

const GENERATOR = 65_537;

/** All powers of 65537 by a prime. */
const powersBy = (prime: number): ReadonlySet<number> => {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * GENERATOR) % prime) powers.add(power);
  return powers;
};

const FINGERPRINT = PRIMES.map((prime) => ({ prime: BigInt(prime), powers: powersBy(prime) }));

/**
 * Whether an RSA modulus of 1984 bits or more has the fingerprint of the keys of Infineon's RSALib (CVE-2017-15361), whose primes can be found from it: each is
 * `k · M + (65537^a mod M)`, M a product of small primes, so that the modulus, too, is a power of 65537 by each of these. Any other modulus
 * is so by chance in one of 2^167 cases.
 *
 * @see Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack (ACM CCS 2017), section 2
 */
export const isRocaWeak = (modulus: bigint): boolean => FINGERPRINT.every(({ prime, powers }) => powers.has(Number(modulus % prime)));
