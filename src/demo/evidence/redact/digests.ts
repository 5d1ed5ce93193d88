import { createHmac, randomBytes } from 'node:crypto';

/** Digests of secrets, for one bundle. */
export interface Digests {
  /** The digest of a secret: equal for equal secrets of this bundle, and for nobody else to guess. */
  of(secret: string): string;
  /** The digest of a body as a whole, which is no secret by itself. */
  ofBody(text: string): string;
  /** Whether a text is a secret that was digested here. */
  isSecret(text: string): boolean;
}

/** Bytes of a digest: two secrets of one bundle never share one. */
const BYTES = 16;
/** A shorter secret is not looked for in other texts: it would be found in ordinary words. */
const MIN_LOOKED_FOR = 8;

/**
 * HMAC-SHA-256 under a random key that no one sees: it is made here, lives as long as the run and is written nowhere. A salt that
 * stands in the bundle would let a reader try every likely password against its digest (decision 0038). No secret is held, only digests.
 */
export const createDigests = (): Digests => {
  const key = randomBytes(32);
  const seen = new Set<string>();
  const digest = (text: string): string =>
    `[secret ${createHmac('sha256', key).update(text).digest().subarray(0, BYTES).toString('base64url')}]`;
  return {
    of: (secret) => {
      const made = digest(secret);
      if (secret.length >= MIN_LOOKED_FOR) seen.add(made);
      return made;
    },
    ofBody: digest,
    isSecret: (text) => seen.has(digest(text)),
  };
};
