import { AppError } from '#infra/apperr/app-error.ts';
import { foreignHash, type HashParts, otherHash } from './foreign-hash.ts';

/** The forms of a stored password: a PBKDF2 hash, or plaintext where a demo allows it. */
export type StoredPassword = ({ readonly kind: 'pbkdf2-sha256' } & HashParts) | { readonly kind: 'plaintext'; readonly password: string };

const PLAINTEXT_PREFIX = '{plaintext}';
const HASH_BYTES = 32;
/** Rounds of PBKDF2 below which a hash is not believed: whoever could put one there would have it guessed in no time. */
export const LEAST_ITERATIONS = 210_000;
/** @see NIST SP 800-132 section 5.1: 128 bits */
const LEAST_SALT_BYTES = 16;
/** Above this a hostile realm file could stop the server with one log-in. */
const MAX_ITERATIONS = 10_000_000;
const PATTERN = /^\$pbkdf2-sha256\$i=([1-9]\d{0,7})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** `$pbkdf2-sha256$i=600000$<salt>$<hash>`, base64 without padding. */
export const formatPasswordHash = (parts: HashParts): string =>
  `$pbkdf2-sha256$i=${parts.iterations}$${toBase64(parts.salt)}$${toBase64(parts.hash)}`;

const ownHash = (stored: string): HashParts | null => {
  const [, iterations = '', salt = '', hash = ''] = PATTERN.exec(stored) ?? [];
  if (iterations === '') return null;
  return { iterations: Number(iterations), salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
};

/**
 * Reads a stored password, in our form or in that of passlib, Django, Werkzeug or Spring Security.
 *
 * @param least rounds of PBKDF2 that a hash must have
 * @throws AppError `password-hash-invalid`; its message does not repeat the stored text
 */
export const parsePasswordHash = (stored: string, least = LEAST_ITERATIONS): StoredPassword => {
  if (stored.startsWith(PLAINTEXT_PREFIX)) {
    const password = stored.slice(PLAINTEXT_PREFIX.length);
    if (password === '') throw invalid('is empty');
    return { kind: 'plaintext', password };
  }
  const parts = ownHash(stored) ?? foreignHash(stored);
  if (parts === null) {
    const other = otherHash(stored);
    throw invalid(
      other === null
        ? 'is not of the form $pbkdf2-sha256$i=<iterations>$<salt>$<hash>, nor a PBKDF2-HMAC-SHA256 hash of passlib, Django, Werkzeug or Spring Security'
        : `is a hash of ${other}, and only PBKDF2-HMAC-SHA256 is taken`,
    );
  }
  const { iterations, salt, hash } = parts;
  if (iterations > MAX_ITERATIONS) throw invalid(`asks for more than ${MAX_ITERATIONS} iterations`);
  if (iterations < least) throw invalid(`has fewer than ${least} iterations`);
  if (salt.length < LEAST_SALT_BYTES) throw invalid(`has a salt of less than ${LEAST_SALT_BYTES} bytes`);
  if (hash.length !== HASH_BYTES) throw invalid(`has a hash that is not ${HASH_BYTES} bytes long`);
  return { kind: 'pbkdf2-sha256', iterations, salt, hash };
};

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

const invalid = (why: string) =>
  new AppError('password-hash-invalid', 500, `a stored password ${why}`, {
    fix: 'Hash the password again by `passthru hash-password`, and store the new text.',
  });
