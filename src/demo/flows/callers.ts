import { AppError } from '#infra/apperr/app-error.ts';
import { identityApi, type IdentityApi, type OAuthClient } from '../client/identity.ts';
import { bearer, kmsApi, password, type ElasticKey, type KmsApi } from '../client/kms.ts';
import type { Stack } from '../client/stack.ts';
import { demoPassword } from '../seed/seed-files.ts';

/** The KMS as a realm user of the demo sees it. */
export const realmUser = async (stack: Pick<Stack, 'endpoints' | 'session'>, username: string): Promise<KmsApi> =>
  kmsApi(stack, await stack.session(), password(username, demoPassword(username)));

/** May make, change and use the keys of the tenant `demo`. */
export const tenantAdmin = (stack: Pick<Stack, 'endpoints' | 'session'>): Promise<KmsApi> => realmUser(stack, 'demo-tenant-admin');

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
