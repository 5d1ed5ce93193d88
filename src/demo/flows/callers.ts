import { AppError } from '#infra/apperr/app-error.ts';
import { codeOf, identityApi, type IdentityApi, type OAuthClient, type TokenSet } from '#demo/client/identity.ts';
import { bearer, kmsApi, password, type ElasticKey, type KmsApi } from '#demo/client/kms.ts';
import type { Stack } from '#demo/client/stack.ts';
import { demoPassword } from '#demo/seed/seed-files.ts';
import { account, LOOPBACK_REDIRECT, PUBLIC_CLIENT } from './demo-names.ts';

/** The KMS as a realm user of the demo sees it. */
const realmUser = async (stack: Pick<Stack, 'endpoints' | 'session'>, username: string): Promise<KmsApi> =>
  kmsApi(stack, await stack.session(), password(username, demoPassword(username)));

/** May make, change and use the keys of the tenant `demo`. */
export const tenantAdmin = (stack: Pick<Stack, 'endpoints' | 'session'>): Promise<KmsApi> => realmUser(stack, 'demo-tenant-admin');

/**
 * A person with tokens for the KMS from Identity, by authorization code and PKCE in their own browser: the password is asked
 * for at the first time of a run.
 */
export const person = async (
  stack: Pick<Stack, 'endpoints' | 'browser'>,
  username: string,
  scope: string,
): Promise<{ readonly kms: KmsApi; readonly tokens: TokenSet; readonly identity: IdentityApi }> => {
  const session = await stack.browser(username);
  const identity = await identityApi(stack, session);
  const attempt = identity.attempt({ clientId: PUBLIC_CLIENT.id, redirectUri: LOOPBACK_REDIRECT, scope });
  const walked = await identity.logIn(attempt, account(username));
  const tokens = await identity.exchange(PUBLIC_CLIENT, attempt, codeOf(walked, attempt, identity.discovery.issuer));
  return { kms: kmsApi(stack, session, bearer(tokens.access_token)), tokens, identity };
};

/** The KMS with a token that a client took from Identity for itself. */
export const serviceClient = async (
  stack: Pick<Stack, 'endpoints' | 'session'>,
  client: OAuthClient,
  scope: string,
): Promise<{ readonly kms: KmsApi; readonly token: string; readonly identity: IdentityApi }> => {
  const session = await stack.session();
  const identity = await identityApi(stack, session);
  const { access_token: token } = await identity.clientCredentials(client, scope);
  return { kms: kmsApi(stack, session, bearer(token)), token, identity };
};

/** The seeded elastic key of the tenant `demo` with this name. */
export const seededKey = async (kms: KmsApi, name: string): Promise<ElasticKey> => {
  const key = await kms.named(name);
  if (key === undefined) throw new AppError('seed-key-missing', 404, `the KMS has no elastic key ${name}`, { fix: 'passthru reset-demo' });
  return key;
};
