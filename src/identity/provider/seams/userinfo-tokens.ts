import type { Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';
import type { CurrentRequest } from './current-request.ts';

/** A JWT access token of a person as oidc-provider keeps an opaque one. */
export interface PersonsToken {
  readonly accountId: string;
  readonly clientId: string;
  /** An id by which the store finds the grant. */
  readonly grantId: string;
  readonly scope: string;
  /** As a request asks for them. @see OpenID Connect Core 1.0 section 5.5 */
  readonly claims?: { readonly userinfo: Readonly<Record<string, null>> };
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
  readonly jkt?: string | undefined;
  readonly 'x5t#S256'?: string | undefined;
}

type Find = (this: new (payload: object) => object, value: string, options?: object) => Promise<{ aud?: unknown } | undefined>;

/**
 * Opens userinfo to every access token whose grant holds `openid`, whichever resource it is for, also where it is a JWT. All that
 * oidc-provider asks of such a token (scope, proof of its holder, client, account, grant) it asks of these, but for one thing: a JWT does
 * not name the session that it came from, so one whose session has merely run out counts to its own end. A log-out ends its grant.
 *
 * Why: oidc-provider keeps nothing of a JWT and so does not find it, and it refuses a token that has an audience; client libraries ask
 * userinfo with the one token that they have got.
 * Bends: `AccessToken.find`, its constructor, and `aud`, which the endpoint reads from what was found, read in oidc-provider 9.13.3
 * (lib/actions/userinfo.js, lib/shared/access_token.js).
 * Held by: test/identity/provider/seams/userinfo-tokens.test.ts
 *
 * @param read gives a JWT access token that counts; undefined for any other text
 * @see OpenID Connect Core 1.0 section 5.3.1
 */
export const openUserinfo = (
  provider: Provider,
  current: CurrentRequest,
  read: (token: string) => Promise<PersonsToken | undefined>,
): void => {
  replaceMethod<Find>(
    provider.AccessToken,
    'find',
    (find) =>
      async function (this: new (payload: object) => object, value: string, options?: object) {
        if (current.get()?.oidc?.route !== 'userinfo') return find.call(this, value, options);
        if (value.split('.').length === 3) {
          const token = await read(value);
          return token && new this(token);
        }
        const found = await find.call(this, value, options);
        if (found !== undefined) found.aud = undefined;
        return found;
      },
  );
};
