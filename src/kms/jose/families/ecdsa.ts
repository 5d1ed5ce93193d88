import { sign, verify } from 'node:crypto';
import { ecPair } from './key-type.ts';
import { signInPool } from './sign.ts';
import type { Signature } from './signature.ts';

const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const;

/** A sequence of two numbers, each with a sign byte at most: tag and length take up to three bytes, those of a number two. */
const derBytes = (coordinate: number): number => 3 + 2 * (2 + 1 + coordinate);

/** ECDSA: a signature is two numbers as long as the curve's order. @see RFC 7518 section 3.4 */
export const ecdsa = ({ curve, hashBits }: { curve: 'P-256' | 'P-384' | 'P-521'; hashBits: 256 | 384 | 512 }): Signature => {
  const hash = `sha${hashBits}`;
  // On P-256 it takes less than a turn of the thread pool.
  const signSoon = curve === 'P-256' ? sign : signInPool;
  return {
    key: ecPair(curve, { protects: 'private' }),
    signatureBytes: 2 * COORDINATE_BYTES[curve],
    summary: `ECDSA on ${curve} with SHA-${hashBits}`,
    raw: {
      kind: 'sign-raw',
      hash: `SHA-${hashBits}`,
      der: {
        maxBytes: derBytes(COORDINATE_BYTES[curve]),
        sign: (key, payload) => signSoon(hash, payload, { key, dsaEncoding: 'der' }),
        verify: (key, payload, signature) => verify(hash, payload, { key, dsaEncoding: 'der' }, signature),
      },
      // Node's `sign` without a hash does not sign the digest: OpenSSL hashes it once more. Arithmetic of our own would leak the nonce by its time.
      digest: 'is refused: with ECDSA this KMS hashes the content itself',
    },
    sign: (key, input) => signSoon(hash, input, { key, dsaEncoding: 'ieee-p1363' }),
    verify: (key, input, signature) => verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
};
