import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Signature } from './signature.ts';

/** HMAC, its key as long as its hash; who can verify can also sign. @see RFC 7518 section 3.2, RFC 2104 */
export const hmac = (bits: 256 | 384 | 512): Signature => ({
  key: { kind: 'symmetric', bytes: bits / 8 },
  signatureBytes: bits / 8,
  summary: `HMAC with SHA-${bits}`,
  raw: { kind: 'mac', hash: `SHA-${bits}` },
  sign: (key, input) => createHmac(`sha${bits}`, key).update(input).digest(),
  verify: (key, input, signature) => timingSafeEqual(createHmac(`sha${bits}`, key).update(input).digest(), signature),
});
