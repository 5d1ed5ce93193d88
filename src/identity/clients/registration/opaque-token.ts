import { createHash, randomBytes } from 'node:crypto';

/** A token of 32 random bytes in base64url, which its holder alone knows. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** As such a token is kept: it has too many bits to be guessed from its hash. SHA-256, base64url. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('base64url');
