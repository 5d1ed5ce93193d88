import { createHash } from 'node:crypto';

/** Letters of the digest: enough that two stacks of one machine differ. */
const LETTERS = 10;

/**
 * The name of the cookie that holds the session of a browser. It tells issuers apart, as a browser sends the cookies of a host to every
 * port of it: two stacks beside each other would replace each other's sessions.
 *
 * @see RFC 6265 section 8.5
 */
export const sessionCookieName = (issuer: string): string =>
  `__Host-passthru-session-${createHash('sha256').update(issuer).digest('hex').slice(0, LETTERS)}`;
