import { createHmac } from 'node:crypto';
import { equalSecrets } from '#infra/secrets/compare.ts';

/** Keys as the cookie library calls them; oidc-provider takes these in the place of a list of keys. */
export interface CookieKeys {
  sign(data: string): string;
  verify(data: string, signature: string): boolean;
  /** @returns which key made the signature, -1 for none; a cookie of an older key is signed again */
  index(data: string, signature: string): number;
}

const signWith = (key: string, data: string): string => createHmac('sha256', key).update(data).digest('base64url');

/**
 * Cookie signatures by HMAC-SHA-256 (the library's own are HMAC-SHA-1), compared in constant time.
 *
 * @param keys newest first: the first signs, all verify
 */
export const createCookieKeys = (keys: readonly string[]): CookieKeys => {
  const [newest] = keys;
  if (newest === undefined || keys.some((key) => Buffer.byteLength(key) < 32)) {
    throw new TypeError('cookieKeys needs at least one key, and each of at least 32 bytes');
  }
  const index = (data: string, signature: string): number => keys.findIndex((key) => equalSecrets(signWith(key, data), signature));
  return { sign: (data) => signWith(newest, data), verify: (data, signature) => index(data, signature) >= 0, index };
};
