import { createHash } from 'node:crypto';
import type { HttpsClient, HttpsResponse } from '#infra/http/client.ts';
import { TOKEN_MS } from '#infra/magic/limits.ts';
import { KMS_SCOPES } from '#infra/magic/magic.ts';
import { clientProof } from '../tokens/client-credential.ts';
import { identityUnavailable, refusedBy } from '../tokens/identity-unavailable.ts';
import { createIntrospection } from '../tokens/introspection.ts';
import type { IssuerConfig } from '../tokens/issuer-config.ts';
import type { TrustedIssuer } from '../tokens/token-verifier.ts';
import { verifyIdToken } from './id-token.ts';
import { logInRefused } from './log-in-errors.ts';
import type { RelyingParty } from './relying-party.ts';

/** A page that people come back to; each issuer has the same, for `iss` says which of them answers. */
export const CALLBACK_PATH = '/ui/callback';
/** Where they come back to after a log-out. */
export const LOGGED_OUT_PATH = '/ui/logged-out';

/** Everything that the KMS knows; an account gets as much of that as it may have. */
const SCOPE = ['openid', 'profile', ...Object.keys(KMS_SCOPES)].join(' ');

const textOf = (answer: HttpsResponse, member: string): string => {
  const value = answer.json<Readonly<Record<string, unknown>> | null>()?.[member];
  if (typeof value !== 'string' || value === '') throw logInRefused(`the token answer has no ${member}`);
  return value;
};

/**
 * @param options.config of an issuer with `browser_log_in`
 * @param options.client trusts the configured CA only
 * @param options.origin at which browsers reach the KMS
 * @param options.now epoch milliseconds
 */
export const createRelyingParty = (options: {
  readonly trusted: Pick<TrustedIssuer, 'rules' | 'jwks'>;
  readonly logIn: NonNullable<IssuerConfig['browser_log_in']>;
  readonly clientSecret: string;
  readonly client: Pick<HttpsClient, 'request'>;
  /** Where it says whether a token is still good. */
  readonly introspectionEndpoint: () => Promise<string>;
  readonly origin: string;
  readonly now: () => number;
}): RelyingParty => {
  const { trusted, logIn, clientSecret, client, introspectionEndpoint, origin, now } = options;
  const { rules, jwks } = trusted;
  const { issuer, audience } = rules;
  const { client_id: clientId, end_session_endpoint: endSession } = logIn;
  const proof = clientProof(clientId, clientSecret);
  const redirectUri = origin + CALLBACK_PATH;
  const introspection = createIntrospection({ issuer, endpoint: introspectionEndpoint, proof, client });

  const ask = (request: Parameters<HttpsClient['request']>[0]): Promise<HttpsResponse> =>
    client.request({ ...request, timeoutMs: TOKEN_MS }).catch((error: unknown) => {
      throw identityUnavailable(issuer, error);
    });

  const tokens = async (form: Readonly<Record<string, string>>): Promise<HttpsResponse> => {
    const answer = await ask({
      method: 'POST',
      url: logIn.token_endpoint,
      headers: { ...proof.headers, accept: 'application/json' },
      form,
    });
    if (answer.status === 200) return answer;
    if (answer.status === 400) throw logInRefused('the issuer refused the code');
    throw identityUnavailable(issuer, refusedBy(issuer, answer, 'token-refused', 'token'));
  };

  /** The access token is for the KMS; the refresh token gets one that says who logged in, and the refresh token after it. */
  const whoIs = async (
    refreshToken: string,
  ): Promise<{ readonly username: string | null; readonly subject: string; readonly refreshToken: string }> => {
    const answer = await tokens({ grant_type: 'refresh_token', refresh_token: refreshToken, scope: 'openid profile' });
    const token = textOf(answer, 'access_token');
    const told = await ask({ url: logIn.userinfo_endpoint, headers: { authorization: `Bearer ${token}`, accept: 'application/json' } });
    if (told.status !== 200) throw identityUnavailable(issuer, refusedBy(issuer, told, 'userinfo-refused', 'userinfo'));
    const { sub, preferred_username: name } = told.json<{ readonly sub?: unknown; readonly preferred_username?: unknown }>();
    return {
      subject: typeof sub === 'string' ? sub : '',
      username: typeof name === 'string' && name !== '' ? name : null,
      refreshToken: textOf(answer, 'refresh_token'),
    };
  };

  return {
    issuer,
    name: logIn.name,
    authorizationUrl: ({ state, nonce, verifier }) => {
      const url = new URL(logIn.authorization_endpoint);
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: SCOPE,
        resource: audience,
        state,
        nonce,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      }).toString();
      return url;
    },
    redeem: async (code, { nonce, verifier }) => {
      const answer = await tokens({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
      const subject = await verifyIdToken(textOf(answer, 'id_token'), { rules, clientId, nonce, jwks, now });
      const accessToken = textOf(answer, 'access_token');
      const who = await whoIs(textOf(answer, 'refresh_token'));
      // "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the ID Token": Core section 5.3.2.
      if (who.subject !== subject) throw logInRefused('userinfo is of another user than the ID token');
      return { accessToken, refreshToken: who.refreshToken, subject, username: who.username };
    },
    isActive: (refreshToken) => introspection.isActive(refreshToken),
    endSessionUrl: endSession === undefined ? null : endSessionUrl(endSession, { clientId, returnTo: origin + LOGGED_OUT_PATH }),
  };
};

/** @see OpenID Connect RP-Initiated Logout 1.0 section 2 */
const endSessionUrl = (endpoint: string, { clientId, returnTo }: { readonly clientId: string; readonly returnTo: string }): URL => {
  const url = new URL(endpoint);
  url.search = new URLSearchParams({ client_id: clientId, post_logout_redirect_uri: returnTo }).toString();
  return url;
};
