import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { callbackOf, walk, type Walk } from './browser.ts';
import { expectStatus } from './problem.ts';
import type { Session } from './session.ts';
import type { Stack } from './stack.ts';

/** @see RFC 8414 section 2 */
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
  readonly expires_in: number;
  readonly scope?: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
}

/** One authorization request and the secrets that belong to it. */
export interface Attempt {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

interface AttemptOptions {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** Parameters to add, or (null) to leave out. */
  readonly change?: Readonly<Record<string, string | null>>;
}

/** Identity as a relying party sees it, over one session. */
export interface IdentityApi {
  readonly discovery: Discovery;
  /** An authorization request with PKCE S256 (RFC 7636) for the KMS (RFC 8707). */
  attempt(options: AttemptOptions): Attempt;
  logIn(attempt: Attempt, account?: { readonly username: string; readonly password: string }): Promise<Walk>;
  /** Any request to the token endpoint. */
  tokenRequest(client: OAuthClient, form: Record<string, string>): Promise<HttpsResponse>;
  /** The code of a callback for tokens. */
  exchange(client: OAuthClient, attempt: Attempt, code: string): Promise<TokenSet>;
  clientCredentials(client: OAuthClient, scope: string): Promise<TokenSet>;
  introspect(client: OAuthClient, token: string): Promise<HttpsResponse>;
  revoke(client: OAuthClient, token: string): Promise<HttpsResponse>;
  userinfo(token: string): Promise<HttpsResponse>;
  keys(): Promise<ReturnType<typeof createLocalJWKSet>>;
}

export const random = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** Reads the discovery document and speaks to what it names. */
export const identityApi = async (stack: Pick<Stack, 'endpoints'>, session: Session): Promise<IdentityApi> => {
  const discovery = expectStatus(await session.get(stack.endpoints.identity.discovery), 200, 'identity: discovery').json<Discovery>();

  const authenticated = (url: string, client: OAuthClient, form: Record<string, string>): Promise<HttpsResponse> =>
    client.secret === undefined
      ? session.post(url, { ...form, client_id: client.id })
      : session.post(url, form, { authorization: basic(client.id, client.secret) });
  const tokenRequest = (client: OAuthClient, form: Record<string, string>) => authenticated(discovery.token_endpoint, client, form);
  const tokens = async (client: OAuthClient, form: Record<string, string>): Promise<TokenSet> =>
    expectStatus(await tokenRequest(client, form), 200, `identity: token for ${client.id}`).json();

  return {
    discovery,
    attempt: ({ clientId, redirectUri, scope, change = {} }) => {
      const [verifier, state, nonce] = [random(), random(16), random(16)];
      const url = new URL(discovery.authorization_endpoint);
      const parameters: Record<string, string | null> = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        resource: KMS_RESOURCE,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        prompt: 'consent',
        ...change,
      };
      for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
      return { url, verifier, state, nonce, redirectUri: parameters['redirect_uri'] ?? redirectUri };
    },
    logIn: ({ url, redirectUri }, account) => walk({ session, url, redirectUri, ...(account === undefined ? {} : { account }) }),
    tokenRequest,
    exchange: (client, { verifier, redirectUri }, code) =>
      tokens(client, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }),
    clientCredentials: (client, scope) => tokens(client, { grant_type: 'client_credentials', scope, resource: KMS_RESOURCE }),
    introspect: (client, token) => authenticated(discovery.introspection_endpoint, client, { token }),
    revoke: (client, token) => authenticated(discovery.revocation_endpoint, client, { token }),
    userinfo: (token) => session.get(discovery.userinfo_endpoint, { authorization: `Bearer ${token}` }),
    keys: async () => createLocalJWKSet(expectStatus(await session.get(discovery.jwks_uri), 200, 'identity: JWKS').json<JSONWebKeySet>()),
  };
};

/** @see RFC 6749 section 2.3.1: both parts form-encoded first */
const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

/** The code of a walk's callback, its state and issuer compared first. @see RFC 9207 section 2.4 */
export const codeOf = (walked: Walk, attempt: Attempt, issuer: string): string => {
  const { searchParams } = callbackOf(walked);
  const code = searchParams.get('code');
  if (code === null || searchParams.get('state') !== attempt.state || searchParams.get('iss') !== issuer) {
    throw new TypeError(`the callback is not the answer to this request: ${searchParams.get('error') ?? 'code, state or iss differ'}`);
  }
  return code;
};
