import { errors, type Provider } from 'oidc-provider';
import { onEntity } from './on-entity.ts';

interface OidcContext {
  readonly route: string;
  readonly params?: { readonly response_type?: string | undefined; readonly request_uri?: string | undefined } | undefined;
}

/**
 * Names a missing or unknown response type as that, as soon as the client is known; a pushed request has its type where it was pushed.
 *
 * Why: oidc-provider looks at the response mode first, which follows from the type, so that it says of a wrong type that its mode is not
 * allowed.
 * Bends: `OIDCContext.prototype.entity`, by which the client is taken up where an error goes to the client already, read in oidc-provider
 * 9.13.3 (lib/actions/authorization/client.js, lib/actions/authorization/response_parameters.js).
 * Held by: test/identity/provider/seams/response-type.test.ts
 *
 * @see RFC 6749 sections 3.1.1 and 4.1.2.1
 */
export const nameResponseType = (provider: Provider, supported: readonly string[]): void => {
  onEntity(provider, ({ route, params }: OidcContext, name) => {
    if (name !== 'Client' || route !== 'authorization' || params === undefined || params.request_uri !== undefined) return;
    const { response_type: type } = params;
    if (type === undefined) throw new errors.InvalidRequest("missing required parameter(s) 'response_type'");
    if (!supported.includes(type)) throw new errors.UnsupportedResponseType();
  });
};
