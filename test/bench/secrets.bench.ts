import { randomUUIDv7 } from 'node:crypto';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createAuthority } from '#infra/tls/authority/create-authority.ts';
import type { Suite } from './suite.ts';

/** Work that is meant to be slow (PBKDF2), and work that a first run pays for (a certificate chain). */
export const secretsSuite: Suite = async () => {
  const passwords = createPasswords();
  const password = randomUUIDv7();
  const stored = await passwords.hash(password);
  return {
    tasks: {
      'password verify, PBKDF2-HMAC-SHA256 × 600,000': () => passwords.verify(password, stored),
      'certificate chain of three authorities': () => createAuthority(),
    },
    [Symbol.asyncDispose]: async () => {},
  };
};
