import { verify } from 'node:crypto';
import { mlDsaPair } from './key-type.ts';
import { signInPool } from './sign.ts';
import type { Signature } from './signature.ts';

/** @see FIPS 204 section 4, table 2 */
const SIGNATURE_BYTES = { 'ml-dsa-44': 2420, 'ml-dsa-65': 3309, 'ml-dsa-87': 4627 } as const;

/** Lattice signatures that a quantum computer does not break; pure, and without a context. @see RFC 9964, FIPS 204 section 5.2 */
export const mlDsa = (type: keyof typeof SIGNATURE_BYTES): Signature => ({
  key: mlDsaPair(type),
  signatureBytes: SIGNATURE_BYTES[type],
  summary: `${type.toUpperCase()} (FIPS 204), safe from quantum computers`,
  raw: {
    kind: 'sign-raw',
    hash: null,
    der: null,
    digest: 'is not what pure ML-DSA signs: it signs the content itself (FIPS 204 section 5.2)',
  },
  sign: (key, input) => signInPool(null, input, { key }),
  verify: (key, input, signature) => verify(null, input, key, signature),
});
