import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

type Save = (this: object) => Promise<string>;
interface IdToken {
  readonly ctx?: KoaContextWithOIDC;
  set(claim: string, value: string): void;
}
type Issue = (this: IdToken, options: { readonly use: string }) => Promise<string>;

/**
 * Binds each ID token of the token endpoint to the access token that comes with it (`at_hash`), so that nobody can swap the latter.
 *
 * Why: oidc-provider binds them only where both come from the authorization endpoint. `IdToken.issue` hashes whatever value is
 * set as `at_hash`, and the value of an access token is known only to the caller of its `save`.
 * Bends: `AccessToken.prototype.save`, `IdToken.prototype.issue` and `ctx.oidc.entities.AccessToken`, read in oidc-provider 9.13.3
 * (lib/helpers/grant_common.js, lib/models/id_token.js).
 * Held by: test/identity/provider/seams/access-token-hash.test.ts
 *
 * @see OpenID Connect Core 1.0 section 3.1.3.6
 */
export const addAccessTokenHash = (provider: Provider): void => {
  const values = new WeakMap<object, string>();
  replaceMethod<Save>(
    provider.AccessToken.prototype,
    'save',
    (save) =>
      async function (this: object) {
        const value = await save.call(this);
        values.set(this, value);
        return value;
      },
  );
  replaceMethod<Issue>(
    provider.IdToken.prototype,
    'issue',
    (issue) =>
      function (this: IdToken, options: { readonly use: string }) {
        const issued = this.ctx?.oidc.entities.AccessToken;
        const value = issued === undefined ? undefined : values.get(issued);
        if (options.use === 'idtoken' && value !== undefined) this.set('at_hash', value);
        return issue.call(this, options);
      },
  );
};
