import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '#infra/apperr/app-error.ts';
import { equalSecrets } from './compare.ts';
import { formatPasswordHash, LEAST_ITERATIONS, parsePasswordHash } from './password-hash.ts';
import { createWorkQueue } from './work-queue.ts';

/**
 * Secrets that a server checks or opens with: this folder hashes and verifies passwords (PBKDF2 in a bounded queue, so that log-ins
 * never take all threads), remembers for a while which were right, splits and joins unseal shares, and compares in constant time.
 * `attempts/` slows down those who guess. Nothing here reads a file or a database.
 */

const HASH_BYTES = 32;

/** PBKDF2-HMAC-SHA256. @returns 32 bytes */
type Derive = (password: string, salt: Uint8Array, rounds: number) => Promise<Buffer>;

const pbkdf2Async = promisify(pbkdf2);
const deriveOnThePool: Derive = (password, salt, rounds) => pbkdf2Async(password, salt, rounds, HASH_BYTES, 'sha256');

export interface PasswordOptions {
  /** PBKDF2 rounds of new hashes, and the cost of every look. A stored hash must have as many, or 210,000. */
  readonly iterations?: number;
  readonly saltBytes?: number;
  /** Processes that share what may run, and wait, at once; 1 where absent. Each may do one derivation at a time in any case. */
  readonly processes?: number;
  /** Derivations at once; each takes one thread of the pool. */
  readonly concurrency?: number;
  /** Derivations that may wait; one more is refused. */
  readonly maxQueued?: number;
  /** Longest password, in bytes of UTF-8. */
  readonly maxBytes?: number;
  /** Accept `{plaintext}…` as a stored password; for demos only. */
  readonly allowPlaintext?: boolean;
  readonly derive?: Derive;
}

export interface Passwords {
  /**
   * Hashes a new password.
   *
   * @throws AppError `password-empty`, `password-too-long`, `password-queue-full`
   */
  hash(password: string): Promise<string>;
  /**
   * Whether the password is the stored one; `undefined` (an unknown name) costs the same and is never right. A hash with fewer rounds
   * than the configured ones costs those, too; one with more costs its own, and so can be told apart by time.
   *
   * @throws AppError `password-queue-full` (429), `password-hash-invalid`, `password-plaintext-refused`
   */
  verify(password: string, stored: string | undefined): Promise<boolean>;
  /** Whether a stored hash is as `hash` makes one now: of our form, with these rounds and a salt of this length. */
  isCurrent(stored: string): boolean;
}

/**
 * PBKDF2-HMAC-SHA256 on the thread pool behind a bounded queue, so that a flood of log-ins delays neither the event loop nor memory.
 *
 * @see RFC 8018 section 5.2, NIST SP 800-132
 */
export const createPasswords = (options: PasswordOptions = {}): Passwords => {
  const { iterations = 600_000, saltBytes = 32, concurrency = 2, maxQueued = 64, maxBytes = 1024, allowPlaintext = false } = options;
  const { derive = deriveOnThePool, processes = 1 } = options;
  const queue = createWorkQueue({
    concurrency: Math.max(1, Math.floor(concurrency / processes)),
    maxQueued: Math.ceil(maxQueued / processes),
  });
  const least = Math.min(iterations, LEAST_ITERATIONS);
  const decoySalt = randomBytes(saltBytes);

  /** Rounds that a look at a hash lacks are done for nothing, in the same place of the queue. */
  const stretch = (password: string, salt: Uint8Array, rounds: number): Promise<Buffer> => {
    const work = queue.run(async () => {
      const derived = await derive(normalize(password), salt, rounds);
      if (rounds < iterations) await derive(normalize(password), decoySalt, iterations - rounds);
      return derived;
    });
    if (work !== null) return work;
    throw new AppError('password-queue-full', 429, 'too many log-ins are being checked at this moment', {
      headers: { 'Retry-After': '1' },
      fix: 'Wait a second and try again.',
    });
  };

  return {
    hash: async (password) => {
      if (password === '') throw new AppError('password-empty', 400, 'the password is empty');
      if (isTooLong(password, maxBytes)) throw new AppError('password-too-long', 400, `the password is longer than ${maxBytes} bytes`);
      const salt = randomBytes(saltBytes);
      return formatPasswordHash({ iterations, salt, hash: await stretch(password, salt, iterations) });
    },
    verify: async (password, stored) => {
      // Known before the name is looked at, so it tells nothing about the account.
      if (password === '' || isTooLong(password, maxBytes)) return false;
      if (stored === undefined) {
        await stretch(password, decoySalt, iterations);
        return false;
      }
      const parsed = parsePasswordHash(stored, least);
      if (parsed.kind === 'pbkdf2-sha256') return equalSecrets(await stretch(password, parsed.salt, parsed.iterations), parsed.hash);
      if (!allowPlaintext) throw plaintextRefused();
      // The same cost as a hashed one, else the time would tell which accounts are plaintext.
      await stretch(password, decoySalt, iterations);
      return equalSecrets(normalize(password), normalize(parsed.password));
    },
    isCurrent: (stored) => {
      const parsed = parsePasswordHash(stored, least);
      return (
        parsed.kind === 'pbkdf2-sha256' &&
        parsed.iterations === iterations &&
        parsed.salt.length === saltBytes &&
        formatPasswordHash(parsed) === stored
      );
    },
  };
};

export const plaintextRefused = (): AppError =>
  new AppError('password-plaintext-refused', 500, 'a stored password is plaintext, which is not allowed here');

/** Brings each character to one spelling, as the OpaqueString profile does. @see RFC 8265 section 4.2 */
const normalize = (password: string) => password.normalize('NFC');

const isTooLong = (password: string, maxBytes: number) => Buffer.byteLength(password, 'utf8') > maxBytes;
