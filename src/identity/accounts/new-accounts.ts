import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { Account } from './account.ts';

/** An account that is to be made. */
export interface NewAccount extends Omit<Account, 'id' | 'accessEndedAt'> {
  readonly password: string;
}

/** Makes accounts that are no demo. */
export interface NewAccounts {
  /**
   * @returns the id, which is the `sub` of its tokens
   * @throws AppError `username-used` 409; `password-empty`, `password-too-long`, `password-queue-full`
   */
  create(account: NewAccount): Promise<string>;
}

/**
 * @param options.hashNewPassword refuses a password that no account may have
 * @param options.now epoch milliseconds
 */
export const createNewAccounts = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly hashNewPassword: (password: string) => Promise<string>;
  readonly now: () => number;
}): NewAccounts => {
  const { database, hashNewPassword, now } = options;
  return {
    create: async ({ username, password, name, email, tenantId, roles, permissions }) => {
      const id = randomUUIDv7();
      const row = {
        id,
        // As a log-in looks for it.
        username: username.normalize('NFC'),
        password_hash: await hashNewPassword(password),
        name,
        email,
        tenant_id: tenantId,
        roles: JSON.stringify(roles),
        permissions: JSON.stringify(permissions),
        created_at: now(),
        retired_at: null,
        retired_by: null,
        reset_id: null,
      };
      try {
        await database.db.insertInto('accounts').values(row).execute();
      } catch (error) {
        throw isUniqueViolation(error) ? usernameUsed(error) : error;
      }
      return id;
    },
  };
};

const usernameUsed = (cause: unknown): AppError =>
  new AppError('username-used', 409, 'Another account has this name.', {
    cause,
    fix: 'If an earlier attempt was cut off, it made the account, with the password of that attempt. Otherwise choose another name; names of a demo that sleeps here are taken, too.',
  });
