import { type Static, Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import { isCredible, MAX_BASIC_LENGTH } from '#infra/secrets/credential-limits.ts';
import { readSecret } from '#infra/files/secret-file.ts';
import type { ClientRecord } from './client.ts';

const addresses = (description: string) =>
  Type.Array(Type.String({ pattern: '^https://[^\\s#@?]+$', maxLength: 512 }), {
    minItems: 1,
    maxItems: 16,
    uniqueItems: true,
    description,
  });

/** How people log in to a service, which is a confidential client then. */
const logInSchema = strictObject(
  {
    name: Type.String({ minLength: 1, maxLength: 128, description: 'what people read where they allow it something' }),
    redirect_uris: addresses('https addresses to which a log-in leads back, exactly as they are'),
    post_logout_redirect_uris: addresses('https addresses to which a log-out leads back'),
    scopes: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true, description: 'all that it may ask for' }),
  },
  { description: 'for a service to which people log in with a browser' },
);

/** A service of the stack that may ask about tokens; it comes from the configuration, not from the database. */
export const serviceClientSchema = strictObject({
  client_id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'a client id of lower-case letters, digits and hyphens' }),
  secret_file: filePath({ description: 'file of mode 0600 with the secret' }),
  may_introspect: Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true, description: 'audiences of the tokens it may ask about' }),
  log_in: Type.Optional(logInSchema),
});

export interface ServiceClient {
  readonly client: ClientRecord;
  verifySecret(secret: string): boolean;
}

/** "encoded using the application/x-www-form-urlencoded encoding algorithm". RFC 6749 section 2.3.1 */
const decoded = (text: string): string => new URLSearchParams(`=${text}`).get('') ?? '';

const SCHEME = 'Basic ';

/**
 * The service client that a request proves to come from, by its Authorization header; null for everybody else, and for a header that is
 * longer than one of a name and a secret can be.
 *
 * @see RFC 6749 section 2.3.1, RFC 7617
 */
export const serviceClientOf = (clients: ReadonlyMap<string, ServiceClient>, authorization: string | undefined): string | null => {
  if (authorization === undefined || authorization.length > SCHEME.length + MAX_BASIC_LENGTH) return null;
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return null;
  const [clientId, secret] = [decoded(pair.slice(0, colon)), decoded(pair.slice(colon + 1))];
  return isCredible(clientId, secret) && clients.get(clientId)?.verifySecret(secret) === true ? clientId : null;
};

/**
 * Reads the secret of every service client once.
 *
 * @throws AppError `secret-unreadable`
 */
export const loadServiceClients = async (
  configs: readonly Static<typeof serviceClientSchema>[],
): Promise<ReadonlyMap<string, ServiceClient>> => {
  const loaded = await Promise.all(
    configs.map(async ({ client_id, secret_file, may_introspect, log_in: logIn }): Promise<readonly [string, ServiceClient]> => {
      const expected = await readSecret(secret_file, `the secret of the service client ${client_id}`);
      const client: ClientRecord = {
        clientId: client_id,
        name: logIn?.name ?? client_id,
        applicationType: 'web',
        authMethod: 'client_secret_basic',
        // A refresh token tells it whether a session here goes on.
        grantTypes: logIn === undefined ? [] : ['authorization_code', 'refresh_token'],
        redirectUris: logIn?.redirect_uris ?? [],
        postLogoutRedirectUris: logIn?.post_logout_redirect_uris ?? [],
        scopes: logIn?.scopes ?? [],
        tenantId: null,
        roles: [],
        accessTokenTtlSeconds: null,
        tokenBinding: 'none',
        tokenFormat: null,
        mayIntrospect: may_introspect,
      };
      // The secret is 32 random bytes of our own making, so that a plain comparison in constant time is enough.
      return [client_id, { client, verifySecret: (secret) => equalSecrets(secret, expected) }];
    }),
  );
  return new Map(loaded);
};
