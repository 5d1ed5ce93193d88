import type { Client, Provider } from 'oidc-provider';
import { onEntity } from './on-entity.ts';

interface OidcContext {
  readonly route: string;
  readonly params?: Record<string, unknown> | undefined;
}

/**
 * Gives a request for client credentials that names no scope its default one, as soon as its client is known: before the client is
 * authenticated, and before any rule of ours looks at the scope.
 *
 * Why: oidc-provider has no default for this grant and would issue a token without scope, which is worth nothing.
 * Bends: `OIDCContext.prototype.entity`, which takes the client up, and `params`, which the grant reads after it, read in oidc-provider
 * 9.13.3 (lib/shared/client_auth.js, lib/actions/grants/client_credentials.js).
 * Held by: test/identity/provider/seams/default-scope.test.ts
 *
 * @param defaultScope of a client, and of the first resource that the request names
 * @see RFC 6749 section 3.3
 */
export const defaultScopeOfClientCredentials = (
  provider: Provider,
  defaultScope: (client: Client, resource: unknown) => string | undefined,
): void => {
  onEntity(provider, ({ route, params }: OidcContext, name, entity) => {
    if (name !== 'Client' || route !== 'token' || params?.grant_type !== 'client_credentials' || params.scope !== undefined) return;
    params.scope = defaultScope(entity as Client, [params.resource].flat()[0]);
  });
};
