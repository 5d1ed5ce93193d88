interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
}

/**
 * The cookies of one browser: by host, whatever the port, and by path; `Domain` is not honoured, which only narrows.
 *
 * @see RFC 6265 section 8.5: cookies do not provide isolation by port
 */
export interface CookieJar {
  store(url: URL, setCookies: readonly string[]): void;
  /** The Cookie header for a request, null when there is none to send. */
  header(url: URL): string | null;
}

/** @see RFC 6265 section 5 */
export const createCookieJar = ({ now = Date.now }: { readonly now?: () => number } = {}): CookieJar => {
  const cookies = new Map<string, Cookie>();
  return {
    store: (url, setCookies) => {
      for (const text of setCookies) {
        const [pair = '', ...rest] = text.split(';').map((part) => part.trim());
        const equals = pair.indexOf('=');
        if (equals < 1) continue;
        const attributes = new Map(rest.map((part) => attribute(part)));
        const given = attributes.get('path') ?? '';
        const path = given.startsWith('/') ? given : defaultPath(url);
        const cookie = { name: pair.slice(0, equals), value: pair.slice(equals + 1), host: url.hostname, path };
        const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
        if (isExpired(attributes, now())) cookies.delete(key);
        else cookies.set(key, cookie);
      }
    },
    header: (url) => {
      const sent = [...cookies.values()]
        .filter(({ host, path }) => host === url.hostname && pathMatches(url.pathname, path))
        .toSorted((a, b) => b.path.length - a.path.length);
      return sent.length === 0 ? null : sent.map(({ name, value }) => `${name}=${value}`).join('; ');
    },
  };
};

const attribute = (part: string): [name: string, value: string] => {
  const equals = part.indexOf('=');
  return equals < 0 ? [part.toLowerCase(), ''] : [part.slice(0, equals).toLowerCase(), part.slice(equals + 1)];
};

const isExpired = (attributes: ReadonlyMap<string, string>, now: number): boolean => {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = attributes.get('expires');
  return expires !== undefined && Date.parse(expires) <= now;
};

const defaultPath = (url: URL): string => url.pathname.slice(0, Math.max(url.pathname.lastIndexOf('/'), 1));

const pathMatches = (pathname: string, path: string): boolean =>
  pathname === path || (pathname.startsWith(path) && (path.endsWith('/') || pathname[path.length] === '/'));
