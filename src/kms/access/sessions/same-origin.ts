import type { IncomingHttpHeaders } from 'node:http';
import { foreignRequest } from './session-errors.ts';

/** @see RFC 9110 section 9.2.1 */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD']);

export const isSafe = (method: string): boolean => SAFE.has(method);

interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Refuses what a page of another origin sent, as the browser says it. Every browser says `Origin` with a change; one that does not is no
 * browser, or hides it. To read is allowed from the address bar as well.
 *
 * `same-site` is not enough: all ports of a host are one site.
 *
 * @throws AppError `request-foreign` 403
 * @see https://www.w3.org/TR/fetch-metadata/, RFC 6454 section 7
 */
export const requireOwnOrigin = ({ method, headers }: Asked, origin: string): void => {
  const site = headers['sec-fetch-site'];
  if (isSafe(method)) {
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreignRequest();
    return;
  }
  if (headers.origin !== origin || (site !== undefined && site !== 'same-origin')) throw foreignRequest();
};
