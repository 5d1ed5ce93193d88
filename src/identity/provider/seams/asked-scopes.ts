import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { CurrentRequest } from './current-request.ts';
import { replaceMethod } from './replace-method.ts';

/** The member of a code and of a refresh token that holds the scope of the authorization request, as it was asked for. */
const ASKED = 'askedScope';

interface Kept {
  askedScope?: string | undefined;
  readonly scopes: Set<string>;
}
type Save = (this: Kept) => Promise<string>;
type Find = (this: object, value: string, options?: object) => Promise<Kept | undefined>;
type Entities = Readonly<Record<string, Kept | undefined>>;

/** Adds a member to the payload of a model. */
const keepMember = (model: object, name: string): void => {
  const members: unknown = Reflect.get(model, 'IN_PAYLOAD');
  if (!Array.isArray(members)) throw new InternalError('a model of oidc-provider does not say what its payload holds');
  Object.defineProperty(model, 'IN_PAYLOAD', { configurable: true, value: [...(members as readonly string[]), name] });
};

const onSave = (model: { readonly prototype: object }, current: CurrentRequest, askedOf: (ctx: KoaContextWithOIDC) => string | undefined) =>
  replaceMethod<Save>(
    model.prototype,
    'save',
    (save) =>
      function (this: Kept) {
        const ctx = current.get();
        if (ctx?.oidc !== undefined) this.askedScope ??= askedOf(ctx);
        return save.call(this);
      },
  );

/**
 * Lets a client refresh with the scope that it asked for at first. Of that, what was not granted then is not granted now, which `scope` of
 * the answer tells, as it did then; a scope that was never asked for stays `invalid_scope`.
 *
 * Why: client libraries send the scope of their configuration with each refresh (Authlib, requests-oauthlib, mod_auth_openidc), and
 * oidc-provider refuses it where roles or consent had left out a part.
 * Bends: `IN_PAYLOAD`, `save` and `find` of the models AuthorizationCode, DeviceCode and RefreshToken, and `params.scope`, which the grant reads after
 * it has found the token; read in oidc-provider 9.13.3 (lib/models/payload.js, lib/models/refresh_token.js,
 * lib/actions/grants/refresh_token.js).
 * Held by: test/identity/provider/seams/asked-scopes.test.ts
 *
 * @see RFC 6749 sections 3.3 and 6
 */
export const rememberAskedScopes = (provider: Provider, current: CurrentRequest): void => {
  for (const model of [provider.AuthorizationCode, provider.DeviceCode, provider.RefreshToken]) keepMember(model, ASKED);
  for (const model of [provider.AuthorizationCode, provider.DeviceCode])
    onSave(model, current, ({ oidc }) => oidc.params?.scope as string | undefined);
  onSave(provider.RefreshToken, current, ({ oidc }) => {
    const { RotatedRefreshToken: before, AuthorizationCode: code, DeviceCode: device } = oidc.entities as unknown as Entities;
    return (before ?? code ?? device)?.askedScope;
  });
  replaceMethod<Find>(
    provider.RefreshToken,
    'find',
    (find) =>
      async function (this: object, value: string, options?: object) {
        const token = await find.call(this, value, options);
        const { route, params } = current.get()?.oidc ?? {};
        if (token === undefined || route !== 'token' || params?.grant_type !== 'refresh_token' || typeof params.scope !== 'string')
          return token;
        const asked = new Set(token.askedScope?.split(' '));
        const left = params.scope.split(' ').filter((scope) => token.scopes.has(scope) || !asked.has(scope));
        // Where nothing is left the refusal names what was asked for; an empty scope would mean all of it.
        if (left.length > 0) params.scope = left.join(' ');
        return token;
      },
  );
};
