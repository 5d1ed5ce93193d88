import { sign, verify } from 'node:crypto';
import { ecPair } from './key-type.ts';
import { signInPool } from './sign.ts';
import type { Signature } from './signature.ts';

const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const;

/** ECDSA: a signature is two numbers as long as the curve's order. @see RFC 7518 section 3.4 */
export const ecdsa = ({ curve, hashBits }: { curve: 'P-256' | 'P-384' | 'P-521'; hashBits: 256 | 384 | 512 }): Signature => {
  const hash = `sha${hashBits}`;
  return {
    key: ecPair(curve, { protects: 'private' }),
    signatureBytes: 2 * COORDINATE_BYTES[curve],
    summary: `ECDSA on ${curve} with SHA-${hashBits}`,
    // On P-256 it takes less than a turn of the thread pool.
    sign: (key, input) => (curve === 'P-256' ? sign : signInPool)(hash, input, { key, dsaEncoding: 'ieee-p1363' }),
    verify: (key, input, signature) => verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
};
