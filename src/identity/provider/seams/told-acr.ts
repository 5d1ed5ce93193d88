import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { InternalError } from '#infra/apperr/app-error.ts';

type OidcContext = KoaContextWithOIDC['oidc'];

/**
 * Says of the session under way what `tell` makes of its `acr`, so that a log-in that is more sure than was asked for counts, and is told
 * to the client by the name that it asked for.
 *
 * Why: oidc-provider compares the `acr` of the session with what a client asks for by equality.
 * Bends: the getter `acr` of `OIDCContext.prototype`, which its checks of essential claims and its codes read, read in
 * oidc-provider 9.13.3 (lib/helpers/oidc_context.js, lib/helpers/interaction_policy/prompts/login.js,
 * lib/helpers/process_response_types.js).
 * Held by: test/identity/provider/seams/told-acr.test.ts
 *
 * @throws InternalError when there is no such getter
 */
export const tellAcr = (provider: Provider, tell: (acr: string | undefined, oidc: OidcContext) => string | undefined): void => {
  const { prototype } = provider.OIDCContext;
  const before = Reflect.getOwnPropertyDescriptor(prototype, 'acr')?.get;
  if (before === undefined)
    throw new InternalError("oidc-provider's OIDCContext has no getter acr; read again what the seam that replaces it names");
  Object.defineProperty(prototype, 'acr', {
    configurable: true,
    get(this: OidcContext) {
      return tell(before.call(this) as string | undefined, this);
    },
  });
};
