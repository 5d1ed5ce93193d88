import { KEY_RIGHTS } from '../src/infra/magic/key-scopes.ts';
import { type FineScope, KMS_SCOPES } from '../src/infra/magic/magic.ts';
import { isGrantable } from '../src/kms/keys/grants/grant.ts';

/** The OpenAPI document of the KMS as far as scopes stand in it. */
export interface DescribedScopes {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-scope'?: FineScope }>>>>;
}

interface GuardedRoute {
  readonly method: string;
  readonly path: string;
  readonly scope: FineScope;
}

/** Every route that asks for a scope. */
export const guardedRoutes = ({ paths }: DescribedScopes): readonly GuardedRoute[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { 'x-scope': scope }]) =>
      scope === undefined ? [] : [{ method: method.toUpperCase(), path, scope }],
    ),
  );

/** Routes that ask for no scope, by the beginning of their path, and why. */
export const OPEN_ROUTES = [
  ['/', 'where to go on', 'exactly'],
  ['/openapi.json', 'the description of the API', 'exactly'],
  ['/livez', 'whether the process is alive', 'exactly'],
  ['/readyz', 'whether it serves', 'exactly'],
  ['/.well-known/oauth-protected-resource', 'the metadata of the resource (RFC 9728)', 'below'],
  ['/assets', 'files of pages', 'below'],
  ['/ui', 'pages; those of keys act by the browser API, and ask for its session', 'below'],
  ['/browser/openapi.json', 'the description of the browser API', 'exactly'],
  ['/browser/api/v1/session', 'the session of a browser, and its end', 'below'],
  ['/browser/api/v1/log-in', 'log-in of a browser', 'below'],
] as const;

const coarseOf = (fine: FineScope): string =>
  Object.entries(KMS_SCOPES)
    .flatMap(([coarse, scopes]) => ((scopes as readonly string[]).includes(fine) ? [`\`${coarse}\``] : []))
    .join(' ');

/** Whether scopes for single keys open a route: it is about one key, or shows those that they reach. */
const byKey = ({ method, path, scope }: GuardedRoute): boolean =>
  KEY_RIGHTS.has(scope) &&
  (path.includes('/elastic-keys') || path.endsWith('/algorithms')) &&
  !(method === 'POST' && path.endsWith('/elastic-keys'));

const byGrant = (route: GuardedRoute): boolean => byKey(route) && isGrantable(route.scope) && route.path.includes('{id}');

const yes = (is: boolean): string => (is ? '✓' : '–');

/** docs/authorization.md. */
export const authorizationPage = (document: DescribedScopes): string => {
  const rows = guardedRoutes(document).map((route) => {
    const { method, path, scope } = route;
    return `| \`${method} ${path.replace('/service/api/v1', '')}\` | \`${scope}\` | ${coarseOf(scope)} | ${yes(byKey(route))} | ${yes(byGrant(route))} |`;
  });
  return `# Who may call which route

Written by \`npm run generate\` from the routes that the KMS serves; [a test](../test/kms/authorization.test.ts) asks for every one of them with every kind of credential and every scope. A route, or a kind of credential, that is not listed makes it fail.

## By credential

The same for every route below \`/service/api/v1\`, and for its twin below \`/browser/api/v1\`:

| Credential | Below \`/service/api/v1\`: without the scope | with it | Below \`/browser/api/v1\` |
|---|---|---|---|
| none | 401 | 401 | 401 |
| name and password of a realm (Basic) | 403 | admitted | 400 |
| access token, a JWT | 403 | admitted | 400 |
| access token, opaque | 403 | admitted | 400 |
| access token bound to a DPoP key, with its proof | 403 | admitted | 400 |
| access token bound to a certificate, with that | 403 | admitted | 400 |
| client certificate | 403 | admitted | 401 |
| API key | 403 | admitted | 400 |
| session of a browser | 401 | 401 | 403 without the scope, admitted with it |

The browser API takes a session and no credential beside it (400). *Admitted* is whatever the route answers but 401 and 403. Routes below \`/tenants\` answer 403 as well where the tenant of the caller is not one of \`tenants.administrators\`; a use in another context than a grant asks for is 403, too. Operators have a listener of their own, at which their certificates open everything and nothing else does.

## By route

Paths are below \`/service/api/v1\`. The fine scope opens the route, or the coarse one; *one key*: so does a [scope for single keys](scopes.md#for-single-keys), for these keys; *grant*: so does a [grant](grants.md), for its key.

| Route | Scope | Coarse | One key | Grant |
|---|---|---|:---:|:---:|
${rows.join('\n')}

## Without a credential

| Path | |
|---|---|
${OPEN_ROUTES.map(([path, why, how]) => `| \`${path}\`${how === 'below' ? ' and below' : ''} | ${why} |`).join('\n')}
`;
};
