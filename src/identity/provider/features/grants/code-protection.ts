import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { recordOf } from '../../records/client-metadata.ts';

/**
 * Whether an authorization request without `code_challenge` is refused: that of every client but one whose registration says that it
 * relies on `nonce`. Such a client has to send one, which oidc-provider takes with the scope `openid` alone, so that an ID token repeats
 * it. Where it sends a `code_challenge` as well, that holds as for all others.
 *
 * @throws InvalidRequest for a request of such a client with neither
 * @see RFC 9700 section 2.1.1, OpenID Connect Core 1.0 section 15.5.2
 */
export const needsCodeChallenge = (ctx: KoaContextWithOIDC, client: Client): boolean => {
  if (recordOf(client).requiresPkce) return true;
  const nonce = ctx.oidc.params?.nonce;
  if (typeof nonce === 'string' && nonce !== '') return false;
  throw new errors.InvalidRequest('this client has to send nonce with the scope openid, or code_challenge');
};
