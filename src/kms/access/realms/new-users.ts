import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import { NEW_USER } from '#kms/database/realm-users.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { UserRealm } from './realm-users.store.ts';
import type { RealmsConfig } from './realms-config.ts';

/** A user of the database realm who is to be made. */
export interface NewUser {
  readonly username: string;
  readonly passwordHash: string;
  readonly tenantId: string;
  readonly roles: readonly string[];
}

/** Makes users of the database realm. */
export interface NewUsers {
  /**
   * Whether a user of that name could log in at all.
   *
   * @throws AppError `realm-switched-off` 409, `username-used` 409 for a name that stands in the file
   */
  check(username: string): void;
  /** @throws AppError `password-empty`, `password-too-long`, `password-queue-full` */
  hash(password: string): Promise<string>;
  /** Whether a user of that tenant has this name and password. @throws AppError `password-queue-full` */
  isThere(user: { readonly username: string; readonly password: string; readonly tenantId: string }): Promise<boolean>;
  /** @throws a unique violation of the database for a name that another user has */
  insert(tx: Transaction<ServiceTables>, user: NewUser): Promise<void>;
}

/**
 * @param options.realm the users that there are
 * @param options.now epoch milliseconds
 */
export const createNewUsers = (options: {
  readonly config: Pick<RealmsConfig, 'order' | 'file'>;
  readonly realm: UserRealm;
  readonly passwords: Pick<Passwords, 'hash' | 'verify'>;
  readonly rows: Rows;
  readonly now: () => number;
}): NewUsers => {
  const { config, realm, passwords, rows, now } = options;
  // Behind the database a user of the file would be shut out by one of the same name.
  const ofFile = new Set(config.order.includes('file') ? config.file.users.map(({ username }) => username) : []);
  return {
    check: (username) => {
      if (!config.order.includes('database')) {
        throw new AppError('realm-switched-off', 409, 'The realm database is switched off here, so that nobody could log in.', {
          fix: 'Add database to order in realms.yml, and start the KMS again.',
        });
      }
      if (ofFile.has(username)) throw usernameUsed();
    },
    hash: (password) => passwords.hash(password),
    isThere: async ({ username, password, tenantId }) => {
      const user = await realm.find(username);
      return user?.tenant.value === tenantId && passwords.verify(password, user.stored);
    },
    insert: async (tx, { username, passwordHash, tenantId, roles }) => {
      const row = rows.of(tenantId).first('kms_realm_users', {
        id: randomUUIDv7(),
        username,
        password_hash: passwordHash,
        tenant_id: tenantId,
        roles: JSON.stringify(roles),
        demo: 0,
        created_at: now(),
        ...NEW_USER,
      });
      await rows.service.put('kms_realm_users', tx, async (its) => {
        await its.insertInto('kms_realm_users').values(row).execute();
        return [row];
      });
    },
  };
};

export const usernameUsed = (cause?: unknown): AppError =>
  new AppError('username-used', 409, 'Another user has this name.', { cause, fix: 'Choose another user name.' });
