import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';

/** A log-in: the account, the password, and the stored hash that it is held against. */
interface Verified {
  readonly name: string;
  readonly password: string;
  readonly stored: string;
}

/** Remembers passwords that were verified a moment ago, so that Basic authentication does not pay PBKDF2 for every request. */
export interface VerifiedCache {
  has(login: Verified): boolean;
  remember(login: Verified): void;
  clear(): void;
}

/**
 * A bounded cache that holds no password: entries are HMAC-SHA256 values under a key that lives and dies with the process.
 * A changed stored hash misses, so a changed password is refused at once.
 *
 * @param options.ttlMs life of an entry in milliseconds, from the verification on
 * @param options.max entries kept; the one unused for longest goes first
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createVerifiedCache = (options: { ttlMs: number; max: number; elapsed?: () => number }): VerifiedCache => {
  const { ttlMs, max, elapsed = () => performance.now() } = options;
  const key = randomBytes(32);
  const entries = createBoundedMap<{ readonly tag: Buffer; readonly expiresAt: number }>({ max });

  // Lengths keep ("ab", "c") and ("a", "bc") apart.
  const mac = (...parts: string[]): Buffer => {
    const hmac = createHmac('sha256', key);
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest();
  };
  const entryKey = (login: Verified) => boundedKey(mac('entry', login.name, login.stored).toString('base64'));
  const tagOf = (login: Verified) => mac('tag', login.name, login.stored, login.password);

  return {
    has: (login) => {
      const id = entryKey(login);
      const entry = entries.get(id);
      const matches = timingSafeEqual(tagOf(login), entry?.tag ?? Buffer.alloc(32));
      if (entry === undefined) return false;
      if (entry.expiresAt > elapsed()) return matches;
      entries.delete(id);
      return false;
    },
    remember: (login) => {
      entries.set(entryKey(login), { tag: tagOf(login), expiresAt: elapsed() + ttlMs });
    },
    clear: () => entries.clear(),
  };
};
