import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { CurrentRequest } from './current-request.ts';
import { replaceMethod } from './replace-method.ts';

/** A code or a refresh token. */
interface Source {
  readonly scopes: Set<string>;
  readonly resourceIndicators: ReadonlySet<unknown>;
}
type Consume = (this: Source) => Promise<void>;

/**
 * Looks at what a request for tokens asks for before its code or refresh token is used up: the client may ask better with the same one, and
 * loses no log-in by a slip.
 *
 * Why: oidc-provider looks at `resource` and asks our rules after it has used up what the client showed; the next request with that would
 * end the family.
 * Bends: `consume` of the models AuthorizationCode, DeviceCode and RefreshToken, and `resourceIndicators`, which oidc-provider compares
 * with later; read in oidc-provider 9.13.3 (lib/helpers/resolve_resource.js, lib/helpers/grant_source.js,
 * lib/actions/grants/refresh_token.js).
 * Held by: test/identity/provider/seams/asked-resource.test.ts
 *
 * @param check throws what refuses the request
 */
export const checkBeforeUse = (
  provider: Provider,
  current: CurrentRequest,
  check: (ctx: KoaContextWithOIDC, source: Source) => void,
): void => {
  for (const model of [provider.AuthorizationCode, provider.DeviceCode, provider.RefreshToken])
    replaceMethod<Consume>(
      model.prototype,
      'consume',
      (consume) =>
        async function (this: Source) {
          const ctx = current.get();
          if (ctx !== undefined) check(ctx, this);
          await consume.call(this);
        },
    );
};
