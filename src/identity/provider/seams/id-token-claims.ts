import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

interface IdToken {
  readonly ctx?: KoaContextWithOIDC;
  /** Claims that the token could have. */
  readonly available: { readonly auth_time?: number; readonly amr?: readonly string[]; readonly acr?: string };
  set(claim: string, value: unknown): void;
}
type Issue = (this: IdToken, options: { readonly use: string }) => Promise<string>;

/**
 * Says in every ID token when, how and how surely the person logged in (`auth_time`, `amr`, `acr`), and in one that comes by a refresh no `nonce`.
 *
 * Why: oidc-provider has these claims, announces them, and leaves them out of all but the tokens of requests with `max_age` or `claims`;
 * and it repeats the `nonce` of the first request, which no client waits for any more.
 * Bends: `IdToken.prototype.issue`, `available` and `set`, read in oidc-provider 9.13.3 (lib/models/id_token.js,
 * lib/helpers/grant_common.js).
 * Held by: test/identity/provider/seams/id-token-claims.test.ts
 *
 * @see OpenID Connect Core 1.0 sections 2 and 12.2, RFC 8176
 */
export const completeIdTokens = (provider: Provider): void => {
  replaceMethod<Issue>(
    provider.IdToken.prototype,
    'issue',
    (issue) =>
      function (this: IdToken, options: { readonly use: string }) {
        if (options.use === 'idtoken') {
          this.set('auth_time', this.available.auth_time);
          this.set('amr', this.available.amr);
          this.set('acr', this.available.acr);
          if (this.ctx?.oidc.params?.grant_type === 'refresh_token') this.set('nonce', undefined);
        }
        return issue.call(this, options);
      },
  );
};
