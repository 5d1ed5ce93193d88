import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Signature } from './signature.ts';

/** Of the longest block of a hash (SHA-512); HMAC takes more, and replaces it by its hash, which is shorter. */
const MAX_KEY_BYTES = 128;

/**
 * HMAC; who can verify can also sign. A key that is made here is as long as the hash; "a key of the same size as the hash output or larger
 * MUST be used", so one from elsewhere may be longer, as the shared secrets of many token issuers are. @see RFC 7518 section 3.2, RFC 2104
 */
export const hmac = (bits: 256 | 384 | 512): Signature => ({
  key: { kind: 'symmetric', bytes: bits / 8, maxBytes: MAX_KEY_BYTES },
  signatureBytes: bits / 8,
  summary: `HMAC with SHA-${bits}`,
  raw: { kind: 'mac', hash: `SHA-${bits}` },
  sign: (key, input) => createHmac(`sha${bits}`, key).update(input).digest(),
  verify: (key, input, signature) => timingSafeEqual(createHmac(`sha${bits}`, key).update(input).digest(), signature),
});
