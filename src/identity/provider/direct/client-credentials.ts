import { randomUUID } from 'node:crypto';
import { knowsScope, type ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { defaultScope } from '../features/grants/client-credentials.ts';
import { resourceClaims } from '../features/tokens/access-token.ts';
import { mayAskFor } from '../records/client-metadata.ts';
import type { AnswerClient } from './direct.ts';
import type { SignAccessToken } from './sign-access-token.ts';

export const CLIENT_CREDENTIALS_FORM = ['grant_type', 'scope', 'resource'];

/** The scopes of a request, each once; undefined where a text is none, and where it names one twice. */
const scopesOf = (scope: string): readonly string[] | undefined => {
  const scopes = scope.split(' ');
  return scopes.includes('') || new Set(scopes).size < scopes.length ? undefined : scopes;
};

/**
 * A JWT for a client that acts for itself, where it gets all that it asks for: scopes of one resource server that it may ask for, or its
 * default ones, bound to nothing.
 *
 * @param options.now epoch milliseconds
 * @see RFC 6749 section 4.4, RFC 9068
 */
export const grantDirectly = (options: {
  readonly issuer: string;
  readonly resourceServers: readonly ResourceServer[];
  readonly sign: SignAccessToken;
  readonly now: () => number;
}): AnswerClient => {
  const { issuer, resourceServers, sign, now } = options;
  return async (client, form) => {
    if (form['grant_type'] !== 'client_credentials' || !client.grantTypes.includes('client_credentials')) return undefined;
    if (client.tokenBinding !== 'none') return undefined;
    const scope = form['scope'] ?? defaultScope(client, form['resource'], resourceServers);
    const scopes = scope === undefined ? undefined : scopesOf(scope);
    if (scope === undefined || scopes === undefined) return undefined;
    const server =
      form['resource'] === undefined
        ? resourceServers.find((each) => scopes.some((asked) => knowsScope(each, asked)))
        : resourceServers.find(({ resource }) => resource === form['resource']);
    if (server === undefined || (client.tokenFormat ?? server.tokenFormat) !== 'jwt') return undefined;
    if (!scopes.every((asked) => knowsScope(server, asked) && mayAskFor(client, asked))) return undefined;

    const seconds = client.accessTokenTtlSeconds ?? server.tokenTtlSeconds;
    const issuedAt = Math.floor(now() / 1000);
    const token = sign({
      ...resourceClaims(client, scopes),
      jti: randomUUID(),
      sub: client.clientId,
      iat: issuedAt,
      exp: issuedAt + seconds,
      scope,
      client_id: client.clientId,
      iss: issuer,
      aud: server.resource,
    });
    return { access_token: token, expires_in: seconds, scope, token_type: 'Bearer' };
  };
};
