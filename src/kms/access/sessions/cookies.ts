import { createHash } from 'node:crypto';

/** Letters of the digest: enough that two stacks of one machine differ. */
const LETTERS = 10;

/** No browser and no page of ours sends more of them. */
const MAX_COOKIE_HEADER = 8 * 1024;

const VALUE = /^[A-Za-z0-9_.-]+$/;

/** The cookies of one stack: their names say for which origin they are, because a browser sends those of a host to each of its ports. */
export interface Cookies {
  /** Of the cookie of a session. */
  readonly sessionName: string;
  /** @param part tells several cookies of a stack apart; `''` for that of the session */
  read(header: string | undefined, part: string): string | null;
  /** A `Set-Cookie` header. @param options.maxAgeSeconds until the browser forgets it; where absent, when it ends */
  set(part: string, value: string, options?: { readonly maxAgeSeconds?: number }): string;
  /** A `Set-Cookie` header by which the browser forgets it. */
  clear(part: string): string;
}

/**
 * Cookies that no other host can set and no script can read. `Lax`, because a log-in comes back from another site, and a link in a mail
 * should find the one who is logged in; what changes something needs a token beside it.
 *
 * @param origin at which browsers reach the server
 * @see RFC 6265 section 8.5; RFC 6265bis sections 4.1.3.2 (`__Host-`) and 5.5.7 (`SameSite`)
 */
export const createCookies = (origin: string): Cookies => {
  const stack = `__Host-passthru-kms-${createHash('sha256').update(origin).digest('hex').slice(0, LETTERS)}`;
  const nameOf = (part: string): string => (part === '' ? stack : `${stack}-${part}`);
  const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
  return {
    sessionName: stack,
    read: (header, part) => {
      if (header === undefined || header.length > MAX_COOKIE_HEADER) return null;
      const prefix = `${nameOf(part)}=`;
      const values = header.split(';').flatMap((pair) => (pair.trim().startsWith(prefix) ? [pair.trim().slice(prefix.length)] : []));
      const [value] = values;
      // Of two nobody could say which the server set.
      return values.length === 1 && value !== undefined && VALUE.test(value) ? value : null;
    },
    set: (part, value, { maxAgeSeconds } = {}) =>
      `${nameOf(part)}=${value}; ${attributes}${maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`}`,
    clear: (part) => `${nameOf(part)}=; ${attributes}; Max-Age=0`,
  };
};
