import { randomBytes } from 'node:crypto';

/**
 * A secret of 32 random bytes in 43 characters of base64url: none of them is changed by the form encoding that HTTP Basic wants, which not
 * every library does.
 *
 * @see RFC 6749 sections 2.3.1 and 10.10
 */
export const newClientSecret = (): string => randomBytes(32).toString('base64url');
