import type { Feature } from '../feature.ts';
import { checkAuthorizationRequest, refusePrefetch } from './authorization-limits.ts';
import { needsCodeChallenge } from './code-protection.ts';
import { LIFETIMES } from '../lifetimes.ts';

const AUTHORIZATION_PATH = '/oauth2/authorize';
/** A second path of the authorization endpoint. */
const ALIAS = '/authorize';

/** @see OAuth 2.1: no token comes by way of a browser's address */
export const RESPONSE_TYPES = ['code'] as const;

/** The authorization code grant, with PKCE by S256. @see RFC 6749 section 4.1, RFC 7636, RFC 9700 section 2.1 */
export const authorizationCode = (): Feature => ({
  configuration: {
    routes: { authorization: AUTHORIZATION_PATH },
    responseTypes: [...RESPONSE_TYPES],
    pkce: { required: needsCodeChallenge },
    allowOmittingSingleRegisteredRedirectUri: false,
    ttl: { AuthorizationCode: LIFETIMES.authorizationCode },
  },
  endpoints: [
    // "Authorization Servers MUST support the use of the HTTP GET and POST methods": OpenID Connect Core 1.0 section 3.1.2.1.
    ...[ALIAS, AUTHORIZATION_PATH].map(
      (path) =>
        ({
          path,
          methods: ['GET', 'POST'],
          postAs: 'redirect',
          answers: 'page',
          checkHeaders: refusePrefetch,
          checkQuery: checkAuthorizationRequest,
        }) as const,
    ),
    { path: `${AUTHORIZATION_PATH}/:uid`, methods: ['GET'], answers: 'page' },
  ],
});

/** A request target with the second path of the authorization endpoint replaced by the first. */
export const withoutAlias = (target: string): string =>
  /^\/authorize(?=\?|$)/.test(target) ? `${AUTHORIZATION_PATH}${target.slice(ALIAS.length)}` : target;
