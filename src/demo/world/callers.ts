import { identityApi, type IdentityApi, type OAuthClient, type TokenSet } from '#client/identity/identity.ts';
import { codeOf } from '#client/identity/authorization-request.ts';
import { kmsApi, type KmsApi } from '#client/kms/kms.ts';
import { basic, bearer } from '#client/session/authorization.ts';
import type { Session } from '#client/session/session.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import { account, LOOPBACK_REDIRECT, PUBLIC_CLIENT } from './names.ts';

/** The callers of the demo: each call gives one in a session of their own, so that nobody is logged in already. */

/** The KMS as a realm user of the demo sees it, who logs in with Basic. */
export const realmUser = async (stack: StackAccess, username: string): Promise<KmsApi> =>
  kmsApi({ url: stack.endpoints.kms.service, session: await stack.session(), authorization: basic(username, demoPassword(username)) });

/** The realm user who may make, change and use the keys of the tenant `demo`. */
export const tenantAdmin = (stack: StackAccess): Promise<KmsApi> => realmUser(stack, 'demo-tenant-admin');

/** A session with one of the two Identities of a demo: that of the stack, or the partner while that runs. */
type AtIdentity = NonNullable<Parameters<StackAccess['session']>[0]> & { readonly at?: 'identity' | 'partner' };

/** Identity as nobody yet: a new browser. */
export const visitor = async (stack: StackAccess, { at = 'identity', ...session }: AtIdentity = {}): Promise<IdentityApi> =>
  identityApi({ discovery: stack.endpoints[at].discovery, session: await stack.session(session) });

/** A person who logs in at Identity by authorization code and PKCE, with their password, and has tokens for the KMS. */
export const person = async (
  stack: StackAccess,
  username: string,
  scope: string,
): Promise<{ readonly kms: KmsApi; readonly tokens: TokenSet; readonly identity: IdentityApi }> => {
  const identity = await visitor(stack);
  const request = identity.authorizationRequest({ clientId: PUBLIC_CLIENT.id, redirectUri: LOOPBACK_REDIRECT, scope });
  const walked = await identity.logIn(request, account(username));
  const tokens = await identity.exchange(PUBLIC_CLIENT, request, codeOf(walked, request, identity.discovery.issuer));
  return { kms: await bearerOf(stack, tokens.access_token), tokens, identity };
};

/**
 * A service with a token for the KMS that its client took from Identity for itself.
 *
 * @param options of its session with Identity: a certificate, to which the token is bound where the client has such tokens
 */
export const serviceClient = async (
  stack: StackAccess,
  client: OAuthClient,
  scope: string,
  options?: AtIdentity,
): Promise<{ readonly kms: KmsApi; readonly token: string; readonly tokens: TokenSet; readonly identity: IdentityApi }> => {
  const identity = await visitor(stack, options);
  const tokens = await identity.clientCredentials(client, scope);
  const { access_token: token } = tokens;
  return { kms: await bearerOf(stack, token), token, tokens, identity };
};

/** An operator of the KMS, at its admin listener; an interruption of the run does not cut a request off. */
export const operator = async ({ endpoints, session }: StackAccess): Promise<{ readonly url: string; readonly session: Session }> => ({
  url: endpoints.kms.admin,
  session: await session({ certificate: endpoints.client, signal: new AbortController().signal }),
});

const bearerOf = async (stack: StackAccess, token: string): Promise<KmsApi> =>
  kmsApi({ url: stack.endpoints.kms.service, session: await stack.session(), authorization: bearer(token) });
