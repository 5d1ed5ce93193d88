import type { FastifyRequest } from 'fastify';
import { BROWSER_PREFIX, browserPathOf } from '../browser-routes.ts';

/** Where the description of the browser API is. */
export const BROWSER_DOCUMENT_PATH = '/browser/openapi.json';

/** Somebody who is logged in with the browser that asks. */
export interface SignedInReader {
  readonly username: string;
  readonly tenant: string;
  readonly csrfToken: string;
}

/** The browser API, as far as the description goes. */
export interface DescribedBrowserApi {
  /** Of the cookie of a session. */
  readonly cookieName: string;
  readonly readerOf: (request: FastifyRequest) => Promise<SignedInReader | null>;
}

interface Document {
  readonly paths?: Readonly<Record<string, object>>;
  readonly components?: object;
}

const isOfBrowsers = (path: string): boolean => path.startsWith(`${BROWSER_PREFIX}/`);

const withPaths = <D extends object>(document: D, pathOf: (path: string) => string | null): D => {
  const { paths = {} } = document as Document;
  const kept = Object.entries(paths).flatMap(([path, item]) => {
    const name = pathOf(path);
    return name === null ? [] : [[name, item] as const];
  });
  return { ...document, paths: Object.fromEntries(kept) };
};

/** The description without the routes that only browsers have. */
export const forServices = <D extends object>(document: D): D => withPaths(document, (path) => (isOfBrowsers(path) ? null : path));

/** The description of the browser API: the same operations under its paths, opened by a session. */
export const forBrowsers = <D extends object>(document: D, { cookieName }: Pick<DescribedBrowserApi, 'cookieName'>): D => ({
  ...withPaths(document, (path) => browserPathOf(path) ?? path),
  components: {
    ...(document as Document).components,
    securitySchemes: {
      session: { type: 'apiKey', in: 'cookie', name: cookieName, description: 'Session of a browser that logged in at /ui/log-in.' },
      token: {
        type: 'apiKey',
        in: 'header',
        name: 'X-CSRF-Token',
        description: '`csrf_token` of `GET /browser/api/v1/session`; with changes, beside a header `Origin` of this server.',
      },
    },
  },
  security: [{ session: [], token: [] }],
});
