import { errors, type Provider } from 'oidc-provider';
import type { CurrentRequest } from './current-request.ts';
import { replaceMethod } from './replace-method.ts';

interface Source {
  readonly resourceIndicators: ReadonlySet<unknown>;
}
type Consume = (this: Source) => Promise<void>;

/**
 * Refuses a request for tokens of a resource that was not granted, or of several, before its code or refresh token is used up: the client
 * may ask better with the same one, and loses no log-in by a slip.
 *
 * Why: oidc-provider looks at `resource` after it has used up what the client showed; the next request with that would end the family.
 * Bends: `consume` of the models AuthorizationCode, DeviceCode and RefreshToken, and `resourceIndicators`, which oidc-provider compares
 * with later; read in oidc-provider 9.13.3 (lib/helpers/resolve_resource.js, lib/helpers/grant_source.js,
 * lib/actions/grants/refresh_token.js).
 * Held by: test/identity/provider/seams/asked-resource.test.ts
 *
 * @see RFC 8707 section 2.2
 */
export const refuseForeignResource = (provider: Provider, current: CurrentRequest): void => {
  for (const model of [provider.AuthorizationCode, provider.DeviceCode, provider.RefreshToken])
    replaceMethod<Consume>(
      model.prototype,
      'consume',
      (consume) =>
        async function (this: Source) {
          const asked = [current.get()?.oidc.params?.resource ?? []].flat();
          if (asked.length > 1) throw new errors.InvalidTarget('a request for tokens may name one resource');
          if (!asked.every((resource) => this.resourceIndicators.has(resource))) throw new errors.InvalidTarget();
          await consume.call(this);
        },
    );
};
