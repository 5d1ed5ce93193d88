/** Paths of the provider; the authorization endpoint is also at `/authorize`. */
export const ROUTES = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  userinfo: '/oidc/userinfo',
  end_session: '/oidc/logout',
  jwks: '/.well-known/jwks.json',
} as const;

export const DISCOVERY_PATHS: readonly string[] = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
const AUTHORIZE_ALIAS = '/authorize';

/** Every path that the provider answers on and its methods; `:uid` is one path segment. */
export const PROVIDER_ROUTES: readonly { readonly path: string; readonly methods: readonly ('GET' | 'POST' | 'OPTIONS')[] }[] = [
  ...DISCOVERY_PATHS.map((path) => ({ path, methods: ['GET', 'OPTIONS'] as const })),
  { path: ROUTES.jwks, methods: ['GET', 'OPTIONS'] },
  { path: AUTHORIZE_ALIAS, methods: ['GET'] },
  { path: ROUTES.authorization, methods: ['GET'] },
  { path: `${ROUTES.authorization}/:uid`, methods: ['GET'] },
  { path: ROUTES.token, methods: ['POST', 'OPTIONS'] },
  { path: ROUTES.introspection, methods: ['POST', 'OPTIONS'] },
  { path: ROUTES.revocation, methods: ['POST', 'OPTIONS'] },
  { path: ROUTES.userinfo, methods: ['GET', 'POST', 'OPTIONS'] },
  { path: ROUTES.end_session, methods: ['GET'] },
  { path: `${ROUTES.end_session}/confirm`, methods: ['POST'] },
  { path: `${ROUTES.end_session}/success`, methods: ['GET'] },
];

/** Pages for people; every other path answers programs, and always in JSON. */
const PAGE_PREFIXES: readonly string[] = [AUTHORIZE_ALIAS, ROUTES.authorization, ROUTES.end_session];

export const isPage = (path: string): boolean => PAGE_PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));

/** The request target in origin form, the alias resolved: an absolute form must not choose the host of the answer's URLs. */
export const requestTarget = (url: string): string => {
  let target = url;
  if (!url.startsWith('/')) {
    const absolute = URL.parse(url);
    target = absolute === null ? '/' : `${absolute.pathname}${absolute.search}`;
  }
  return /^\/authorize(?=\?|$)/.test(target) ? `${ROUTES.authorization}${target.slice(AUTHORIZE_ALIAS.length)}` : target;
};
