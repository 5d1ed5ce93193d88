import { SERVICE_PREFIX } from './service-routes.ts';

/** The same routes as below `SERVICE_PREFIX`, for browsers: by session and token, and by no other credential. */
export const BROWSER_PREFIX = '/browser/api/v1';

/** Where one finds out whose session it is, and ends it. */
export const SESSION_PATH = `${BROWSER_PREFIX}/session`;

const isBelow = (path: string, prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`);

/** The path of a route of the service in the browser API; null for every other route. */
export const browserPathOf = (path: string): string | null =>
  isBelow(path, SERVICE_PREFIX) ? BROWSER_PREFIX + path.slice(SERVICE_PREFIX.length) : null;

/** Whether a route of the browser API has a route of the service beside it. */
export const isBrowserRoute = (path: string): boolean => isBelow(path, BROWSER_PREFIX) && path !== SESSION_PATH;
