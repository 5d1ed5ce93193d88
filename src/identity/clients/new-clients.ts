import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { ClientRecord } from './client.ts';
import { clientColumns } from './client-columns.ts';

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
      const row = newClientRow(client, { secretHash: secret === undefined ? null : await passwords.hash(secret), at: now() });
      try {
        await database.db.insertInto('clients').values(row).execute();
      } catch (error) {
        throw isUniqueViolation(error) ? clientIdUsed(error) : error;
      }
    },
  };
};

/** The row of a client that is no demo. @param made.at epoch milliseconds */
export const newClientRow = (client: ClientRecord, made: { readonly secretHash: string | null; readonly at: number }) => ({
  pk: randomUUIDv7(),
  ...clientColumns(client),
  secret_hash: made.secretHash,
  created_at: made.at,
  retired_at: null,
  retired_by: null,
  reset_id: null,
});

const clientIdUsed = (cause?: unknown): AppError =>
  new AppError('client-id-used', 409, 'Another client has this id.', {
    cause,
    fix: 'If an earlier attempt was cut off, it made the client, with the secret of that attempt. Otherwise choose another id; ids of a demo that sleeps here are taken, too.',
  });
