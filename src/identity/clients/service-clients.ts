import { equalSecrets } from '#infra/secrets/compare.ts';
import { readSecret } from '#infra/files/secret-file.ts';
import type { ClientRecord } from '#identity/provider/lookups.ts';

/** A service of the stack that may ask about tokens; it comes from the configuration, not from the database. */
export interface ServiceClientConfig {
  readonly client_id: string;
  readonly secret_file: string;
  /** Audiences whose tokens it may introspect. */
  readonly may_introspect: readonly string[];
}

export interface ServiceClient {
  readonly client: ClientRecord;
  verifySecret(secret: string): boolean;
}

/**
 * Reads the secret of every service client once.
 *
 * @throws AppError `secret-unreadable`
 */
export const loadServiceClients = async (configs: readonly ServiceClientConfig[]): Promise<ReadonlyMap<string, ServiceClient>> => {
  const loaded = await Promise.all(
    configs.map(async ({ client_id, secret_file, may_introspect }): Promise<readonly [string, ServiceClient]> => {
      const expected = await readSecret(secret_file, `the secret of the service client ${client_id}`);
      const client: ClientRecord = {
        clientId: client_id,
        name: client_id,
        applicationType: 'web',
        authMethod: 'client_secret_basic',
        grantTypes: [],
        redirectUris: [],
        postLogoutRedirectUris: [],
        scopes: [],
        tenantId: null,
        roles: [],
        accessTokenTtlSeconds: null,
        mayIntrospect: may_introspect,
      };
      // The secret is 32 random bytes of our own making, so that a plain comparison in constant time is enough.
      return [client_id, { client, verifySecret: (secret) => equalSecrets(secret, expected) }];
    }),
  );
  return new Map(loaded);
};
