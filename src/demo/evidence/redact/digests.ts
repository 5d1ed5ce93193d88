import { createHmac, randomBytes } from 'node:crypto';

/** Digests of secrets, for one bundle. */
export interface Digests {
  /** The digest of a secret: equal for equal secrets of this bundle, and for nobody else to guess. */
  of(secret: string): string;
  /** Whether a text is one that was digested here. */
  isSecret(text: string): boolean;
}

/** Bytes of a digest: two secrets of one bundle never share one. */
const BYTES = 16;
/** A shorter secret is not looked for in other texts: it would be found in ordinary words. */
const MIN_LOOKED_FOR = 8;

/**
 * HMAC-SHA-256 under a random key that no one sees: it is made here, lives as long as the run and is written nowhere. A salt that
 * stands in the bundle would let a reader try every likely password against its digest (decision 0038).
 */
export const createDigests = (): Digests => {
  const key = randomBytes(32);
  const seen = new Set<string>();
  return {
    of: (secret) => {
      if (secret.length >= MIN_LOOKED_FOR) seen.add(secret);
      return `[secret ${createHmac('sha256', key).update(secret).digest().subarray(0, BYTES).toString('base64url')}]`;
    },
    isSecret: (text) => seen.has(text),
  };
};
