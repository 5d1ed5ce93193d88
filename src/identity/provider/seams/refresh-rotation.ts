import type { Client, Provider } from 'oidc-provider';
import type { CurrentRequest } from './current-request.ts';
import { replaceMethod } from './replace-method.ts';

/** A refresh token that is used. */
export interface RotatedToken {
  /** The token itself. */
  readonly jti: string;
  /** Thumbprint of the DPoP key that it is bound to. */
  readonly jkt?: string | undefined;
}

export interface RefreshRule {
  readonly rotatesFor: (client: Client) => boolean;
  readonly rotate: (token: RotatedToken) => Promise<string>;
}

interface Model extends RotatedToken {
  consumed?: unknown;
  emit(event: 'consumed'): void;
}
type Find = (this: object, value: string, options?: object) => Promise<Model | undefined>;
type Consume = (this: Model) => Promise<void>;
type GenerateTokenId = (this: object) => string;

/**
 * Lets our store decide of every use of a refresh token, also of one that was used before, and gives its successor the value that the store
 * names. A client whose refresh tokens stay the same has nothing to decide: one that was used, before it was changed to that, is refused by
 * oidc-provider.
 *
 * Why: oidc-provider ends the family as soon as it reads that a token was used, and gives each successor a value by chance; a client whose
 * answer was lost would be thrown out.
 * Bends: `find` and `consumed`, which the grant reads; `consume`, which it awaits before it makes the successor; `generateTokenId`, by which
 * that gets its value; read in oidc-provider 9.13.3 (lib/actions/grants/refresh_token.js, lib/models/refresh_token.js,
 * lib/models/base_model.js).
 * Held by: test/identity/provider/seams/refresh-rotation.test.ts
 *
 * @param rule.rotatesFor whether tokens of the client are for one use
 * @param rule.rotate uses the token up and resolves the value of its successor; a throw refuses the request
 */
export const rotateRefreshTokens = (provider: Provider, current: CurrentRequest, rule: RefreshRule): void => {
  const { rotatesFor, rotate } = rule;
  const successors = new WeakMap<object, string>();
  replaceMethod<Find>(
    provider.RefreshToken,
    'find',
    (find) =>
      async function (this: object, value: string, options?: object) {
        const token = await find.call(this, value, options);
        const { route, params, client } = current.get()?.oidc ?? {};
        const isRotated = route === 'token' && params?.grant_type === 'refresh_token' && client !== undefined && rotatesFor(client);
        if (token !== undefined && isRotated) token.consumed = undefined;
        return token;
      },
  );
  replaceMethod<Consume>(
    provider.RefreshToken.prototype,
    'consume',
    () =>
      async function (this: Model) {
        const successor = await rotate(this);
        const ctx = current.get();
        if (ctx !== undefined) successors.set(ctx, successor);
        this.emit('consumed');
      },
  );
  replaceMethod<GenerateTokenId>(
    provider.RefreshToken.prototype,
    'generateTokenId',
    (generate) =>
      function (this: object) {
        const ctx = current.get();
        return (ctx && successors.get(ctx)) ?? generate.call(this);
      },
  );
};
