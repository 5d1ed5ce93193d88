import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { walk, type Walk } from '#client/browser/walk.ts';
import { bearer } from '#client/session/authorization.ts';
import type { Session } from '#client/session/session.ts';
import { expectStatus } from '../problem.ts';
import { authorizationRequest, type AuthorizationRequest, type AuthorizationRequestOptions } from './authorization-request.ts';

/** The members of the discovery document that a client of ours uses. @see RFC 8414 section 2 */
interface Discovery {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly introspection_endpoint: string;
  readonly revocation_endpoint: string;
  readonly userinfo_endpoint: string;
  readonly end_session_endpoint: string;
  readonly jwks_uri: string;
  readonly code_challenge_methods_supported: readonly string[];
}

/** An OAuth client; without a secret it is a public one. */
export interface OAuthClient {
  readonly id: string;
  readonly secret?: string;
}

/** @see RFC 6749 section 5.1 */
export interface TokenSet {
  readonly access_token: string;
  readonly token_type: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly scope?: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
}

/** Identity as a relying party sees it, over one session. */
export interface IdentityApi {
  readonly discovery: Discovery;
  /** A request for a code with PKCE S256, and for tokens of the KMS; nothing is sent yet. */
  authorizationRequest(options: AuthorizationRequestOptions): AuthorizationRequest;
  /** Walks through the pages of Identity from an authorization request; without an account it stops where a password is asked for. */
  logIn(request: AuthorizationRequest, account?: { readonly username: string; readonly password: string }): Promise<Walk>;
  /** Any request to the token endpoint, the client authenticated with its secret where it has one. */
  tokenRequest(client: OAuthClient, form: Record<string, string>, headers?: Record<string, string>): Promise<HttpsResponse>;
  /** The code of a callback for tokens. @throws AppError `unexpected-answer` */
  exchange(client: OAuthClient, request: AuthorizationRequest, code: string): Promise<TokenSet>;
  /** A token that the client takes for itself; scopes separated by spaces. @throws AppError `unexpected-answer` */
  clientCredentials(client: OAuthClient, scope: string): Promise<TokenSet>;
  /** @see RFC 7662 */
  introspect(client: OAuthClient, token: string): Promise<HttpsResponse>;
  /** @see RFC 7009 */
  revoke(client: OAuthClient, token: string): Promise<HttpsResponse>;
  userinfo(token: string): Promise<HttpsResponse>;
  /** The keys that Identity signs with, for `jwtVerify` of jose. */
  keys(): Promise<ReturnType<typeof createLocalJWKSet>>;
}

/**
 * Reads the discovery document, and speaks to the endpoints that it names.
 *
 * @param options.discovery URL of the discovery document
 * @throws AppError `unexpected-answer` where it cannot be read
 */
export const identityApi = async (options: { readonly discovery: string; readonly session: Session }): Promise<IdentityApi> => {
  const { session } = options;
  const discovery = expectStatus(await session.get(options.discovery), 200, 'identity: discovery').json<Discovery>();

  const authenticated = (url: string, client: OAuthClient, form: Record<string, string>, headers = {}): Promise<HttpsResponse> =>
    client.secret === undefined
      ? session.post(url, { ...form, client_id: client.id }, headers)
      : session.post(url, form, { ...headers, authorization: clientSecretBasic(client.id, client.secret) });
  const tokenRequest: IdentityApi['tokenRequest'] = (client, form, headers) =>
    authenticated(discovery.token_endpoint, client, form, headers);
  const tokens = async (client: OAuthClient, form: Record<string, string>): Promise<TokenSet> =>
    expectStatus(await tokenRequest(client, form), 200, `identity: token for ${client.id}`).json();

  return {
    discovery,
    authorizationRequest: (wanted) => authorizationRequest(discovery.authorization_endpoint, wanted),
    logIn: ({ url, redirectUri }, account) => walk({ session, url, redirectUri, ...(account === undefined ? {} : { account }) }),
    tokenRequest,
    exchange: (client, { verifier, redirectUri }, code) =>
      tokens(client, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }),
    clientCredentials: (client, scope) => tokens(client, { grant_type: 'client_credentials', scope, resource: KMS_RESOURCE }),
    introspect: (client, token) => authenticated(discovery.introspection_endpoint, client, { token }),
    revoke: (client, token) => authenticated(discovery.revocation_endpoint, client, { token }),
    userinfo: (token) => session.get(discovery.userinfo_endpoint, { authorization: bearer(token) }),
    keys: async () => createLocalJWKSet(expectStatus(await session.get(discovery.jwks_uri), 200, 'identity: JWKS').json<JSONWebKeySet>()),
  };
};

/** @see RFC 6749 section 2.3.1: both parts form-encoded first */
const clientSecretBasic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
