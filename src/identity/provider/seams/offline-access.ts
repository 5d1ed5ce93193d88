import type { Client, Provider } from 'oidc-provider';
import { onEntity } from './on-entity.ts';

interface OidcContext {
  readonly route: string;
  readonly params?: { scope?: string | undefined } | undefined;
}

const SCOPE = 'offline_access';

const asks = (scope: unknown): boolean => typeof scope === 'string' && scope.split(' ').includes(SCOPE);

/**
 * Keeps `offline_access` in an authorization request of a client that may refresh, whether or not it says `prompt=consent`: a person who
 * has not consented to it yet is asked, and one who has is not asked again.
 *
 * Why: oidc-provider takes the scope out of a request without `prompt=consent`, and tells nobody. OpenID Connect Core 1.0 section 11
 * leaves it to the server by what it knows that the person agreed, and our grants say it.
 * Bends: `OIDCContext.prototype.entity`, by which the client is taken up, and the assignment to `params.scope` after it, read in
 * oidc-provider 9.13.3 (lib/actions/authorization/scopes.js). Which scopes a client may ask for at all is checked after that
 * (`features/resource-indicators.ts`).
 * Held by: test/identity/provider/seams/offline-access.test.ts
 */
export const keepOfflineAccess = (provider: Provider): void => {
  onEntity(provider, ({ route, params }: OidcContext, name, entity) => {
    if (name !== 'Client' || route !== 'authorization' || params === undefined || !asks(params.scope)) return;
    if (!(entity as Client).grantTypeAllowed('refresh_token')) return;
    let scope = params.scope;
    Object.defineProperty(params, 'scope', {
      configurable: true,
      enumerable: true,
      get: () => scope,
      set: (next: string | undefined) => {
        scope = asks(next) ? next : [next, SCOPE].filter(Boolean).join(' ');
      },
    });
  });
};
