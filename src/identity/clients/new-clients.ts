import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { ClientRecord } from './client.ts';

/** Makes clients that are no demo. */
export interface NewClients {
  /**
   * @param secret absent for a public client
   * @throws AppError `client-id-used` 409; `password-too-long`, `password-queue-full` for the secret
   */
  create(client: ClientRecord, secret: string | undefined): Promise<void>;
}

/**
 * @param options.isOfConfiguration whether the configuration has a client of this id
 * @param options.now epoch milliseconds
 */
export const createNewClients = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly isOfConfiguration: (clientId: string) => boolean;
  readonly now: () => number;
}): NewClients => {
  const { database, passwords, isOfConfiguration, now } = options;
  return {
    create: async (client, secret) => {
      if (isOfConfiguration(client.clientId)) throw clientIdUsed();
      const row = {
        pk: randomUUIDv7(),
        client_id: client.clientId,
        name: client.name,
        secret_hash: secret === undefined ? null : await passwords.hash(secret),
        application_type: client.applicationType,
        token_endpoint_auth_method: client.authMethod,
        redirect_uris: JSON.stringify(client.redirectUris),
        post_logout_redirect_uris: JSON.stringify(client.postLogoutRedirectUris),
        cors_origins: client.corsOrigins.length === 0 ? null : JSON.stringify(client.corsOrigins),
        grant_types: JSON.stringify(client.grantTypes),
        scopes: JSON.stringify(client.scopes),
        tenant_id: client.tenantId,
        roles: JSON.stringify(client.roles),
        access_token_ttl: client.accessTokenTtlSeconds,
        token_binding: client.tokenBinding === 'none' ? null : client.tokenBinding,
        token_format: client.tokenFormat,
        created_at: now(),
        retired_at: null,
        retired_by: null,
        reset_id: null,
      };
      try {
        await database.db.insertInto('clients').values(row).execute();
      } catch (error) {
        throw isUniqueViolation(error) ? clientIdUsed(error) : error;
      }
    },
  };
};

const clientIdUsed = (cause?: unknown): AppError =>
  new AppError('client-id-used', 409, 'Another client has this id.', {
    cause,
    fix: 'If an earlier attempt was cut off, it made the client, with the secret of that attempt. Otherwise choose another id; ids of a demo that sleeps here are taken, too.',
  });
