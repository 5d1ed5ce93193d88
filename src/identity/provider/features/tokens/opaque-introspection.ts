import type { Provider } from 'oidc-provider';
import type { ClientRecord } from '#identity/clients/client.ts';
import { INACTIVE, opaqueTokenShows, type Owners } from './introspection.ts';

/** A grant that is the end of its family when it ends itself. */
const grantLives = async (provider: Provider, token: { grantId?: string; clientId?: string; accountId?: string }): Promise<boolean> => {
  if (token.grantId === undefined) return true;
  const grant = await provider.Grant.find(token.grantId);
  return grant !== undefined && grant.clientId === token.clientId && grant.accountId === token.accountId;
};

/**
 * Introspection of an opaque access token without a request of its own: one of a batch, whose client is proved already. The endpoint of
 * oidc-provider answers the same, which a test holds; of refresh tokens it would say more, and here they are not active.
 *
 * @returns the body of RFC 7662 section 2.2
 */
export const createOpaqueIntrospection =
  (provider: Provider, owners: Owners) =>
  async (value: string, client: ClientRecord): Promise<Readonly<Record<string, unknown>>> => {
    const [accessToken, clientCredentials] = await Promise.all([provider.AccessToken.find(value), provider.ClientCredentials.find(value)]);
    const token = accessToken ?? clientCredentials;
    if (token?.isValid !== true || !(await grantLives(provider, token))) return INACTIVE;
    if (!(await opaqueTokenShows(client, token, owners))) return INACTIVE;
    const { 'x5t#S256': x5t, jkt } = token;
    return {
      ...token.extra,
      active: true,
      ...(accessToken === undefined ? {} : { sub: accessToken.accountId, sid: accessToken.sid }),
      client_id: token.clientId,
      exp: token.exp,
      iat: token.iat,
      iss: provider.issuer,
      aud: token.aud,
      scope: token.scope,
      ...(x5t === undefined && jkt === undefined ? {} : { cnf: { 'x5t#S256': x5t, jkt } }),
      token_type: token.tokenType,
    };
  };
