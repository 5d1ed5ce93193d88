import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Configuration } from 'oidc-provider';
import { aBareClient, type BareProvider } from './bare-provider.ts';

/** A resource server with opaque tokens, and refresh tokens for everybody. */
export const withResource: Configuration = {
  issueRefreshToken: () => true,
  scopes: ['openid', 'offline_access'],
  features: {
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) => oneOf ?? 'urn:passthru:one',
      getResourceServerInfo: (_ctx, resource) => ({ scope: 'one:read one:write', audience: resource, accessTokenFormat: 'opaque' }),
      useGrantedResource: () => true,
    },
  },
};

export const refreshingClient = aBareClient({ grant_types: ['authorization_code', 'refresh_token'] });

/** The answer of the token endpoint to a code that was put into the store: its grant has these scopes, and it was asked for those. */
export const tokensFor = async (
  { provider, post }: BareProvider,
  of: { readonly openid: string; readonly resource: string; readonly asked?: string; readonly more?: object },
): Promise<Readonly<Record<string, unknown>>> => {
  const { openid, resource, asked, more } = of;
  const [accountId, verifier, redirectUri] = [
    randomUUIDv7(),
    randomBytes(32).toString('base64url'),
    refreshingClient.redirect_uris?.[0] ?? '',
  ];
  const grant = new provider.Grant({ accountId, clientId: refreshingClient.client_id });
  grant.addOIDCScope(openid);
  grant.addResourceScope('urn:passthru:one', resource);
  const code = new provider.AuthorizationCode({
    accountId,
    client: await provider.Client.find(refreshingClient.client_id),
    grantId: await grant.save(),
    redirectUri,
    resource: 'urn:passthru:one',
    scope: `${openid} ${resource}`,
    askedScope: asked,
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
    codeChallengeMethod: 'S256',
    gty: 'authorization_code',
    ...more,
  } as never);
  const form = { grant_type: 'authorization_code', code: await code.save(), redirect_uri: redirectUri, code_verifier: verifier };
  return (await (await post('/token', form)).json()) as Record<string, unknown>;
};

export const refresh = async (
  { post }: BareProvider,
  { refresh_token: token }: Readonly<Record<string, unknown>>,
  scope?: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const form = { grant_type: 'refresh_token', refresh_token: String(token), ...(scope === undefined ? {} : { scope }) };
  return (await (await post('/token', form)).json()) as Record<string, unknown>;
};
