import type { Kysely } from 'kysely';
import { InternalError } from '#infra/apperr/app-error.ts';
import { storedTexts } from '#infra/database/stored-values.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { isUuidV7 } from '#infra/magic/uuid.ts';
import type { Position } from '#infra/http/request/cursor.ts';
import type { RealmUserRow } from '#kms/database/realm-users.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { Untagged } from '#kms/integrity/tagged-tables.ts';
import { usernameUsed } from '../realms/new-users.ts';
import type { UserMetadata } from '../realms/user-metadata.ts';
import type { ListRealmUsers, RealmUserAccount } from './realm-users.ts';

const metadataOf = ({ id, metadata }: RealmUserRow): UserMetadata => {
  if (metadata === null) return {};
  const value: unknown = JSON.parse(metadata);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as UserMetadata;
  throw new InternalError(`the metadata of account ${id} is no map`);
};

const accountOf = (row: RealmUserRow): RealmUserAccount => ({
  id: row.id,
  username: row.username,
  roles: storedTexts(row.roles, `the roles of account ${row.id}`),
  isEnabled: row.disabled_at === null,
  email: row.email,
  displayName: row.display_name,
  metadata: metadataOf(row),
  createdAt: row.created_at,
  updatedAt: row.updated_at ?? row.created_at,
  passwordChangedAt: row.password_changed_at ?? row.created_at,
});

const taken = (error: unknown): never => {
  throw isUniqueViolation(error) ? usernameUsed(error) : error;
};

/**
 * The users of one tenant in the database realm; retired ones are nobody.
 *
 * @param db the service database, or a transaction on it
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const realmUserAccountsStore = (db: Kysely<ServiceTables>, rows: Rows, tenantId: string) => {
  const own = { tenant_id: tenantId, retired_at: null };
  const ownIn = (of: Kysely<ServiceTables>) =>
    of.selectFrom('kms_realm_users').selectAll().where('tenant_id', '=', tenantId).where('retired_at', 'is', null);
  const rowById = async (id: string, of: Kysely<ServiceTables>): Promise<RealmUserRow | undefined> => {
    const query = ownIn(of).where('id', '=', id).limit(1);
    return (await rows.service.read('kms_realm_users', of, () => query.execute(), { ...own, id }))[0];
  };

  return {
    /** @param user an id, or a name: no name has the form of an id */
    find: async (user: string): Promise<RealmUserAccount | undefined> => {
      if (isUuidV7(user)) {
        const row = await rowById(user, db);
        return row && accountOf(row);
      }
      const query = ownIn(db).where('username', '=', user).limit(1);
      const [row] = await rows.service.read('kms_realm_users', db, () => query.execute(), { ...own, username: user });
      return row && accountOf(row);
    },

    /** At most `limit` after a position, by name. */
    list: async (
      { username, isEnabled }: Pick<ListRealmUsers, 'username' | 'isEnabled'>,
      { after, limit }: { readonly after: Position | null; readonly limit: number },
    ): Promise<readonly RealmUserAccount[]> => {
      let query = ownIn(db);
      if (username !== undefined) query = query.where('username', '=', username);
      if (isEnabled !== undefined) query = query.where('disabled_at', isEnabled ? 'is' : 'is not', null);
      if (after !== null) query = query.where('username', '>', String(after.value));
      const page = query.orderBy('username').limit(limit);
      const asked = { ...own, username, disabled_at: isEnabled === true ? null : undefined };
      return (await rows.service.read('kms_realm_users', db, () => page.execute(), asked)).map(accountOf);
    },

    count: async (): Promise<number> => {
      const { count } = await db
        .selectFrom('kms_realm_users')
        .select(({ fn }) => fn.countAll().as('count'))
        .where('tenant_id', '=', tenantId)
        .where('retired_at', 'is', null)
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    /** Whether another user than this one is enabled and has one of these roles. */
    hasAnother: async (id: string, roles: readonly string[]): Promise<boolean> => {
      if (roles.length === 0) return false;
      const query = ownIn(db)
        .where('id', '!=', id)
        .where('disabled_at', 'is', null)
        // Names of roles have no quotes, and nothing that LIKE gives a meaning.
        .where(({ or, eb }) => or(roles.map((role) => eb('roles', 'like', `%"${role}"%`))))
        .limit(1);
      const [found] = await rows.service.read('kms_realm_users', db, () => query.execute(), { ...own, disabled_at: null });
      return found !== undefined && accountOf(found).roles.some((role) => roles.includes(role));
    },

    /** @throws AppError `username-used` 409 */
    insert: async (row: Omit<Untagged<'kms_realm_users'>, 'tenant_id'>): Promise<RealmUserAccount> => {
      const made = rows.of(tenantId).first('kms_realm_users', { ...row, tenant_id: tenantId });
      await rows.service.put('kms_realm_users', db, async (tx) => {
        await tx.insertInto('kms_realm_users').values(made).execute().catch(taken);
        return [made];
      });
      return accountOf(made);
    },

    /**
     * Changes all columns that are given, or none. Its write locks the row until the end of the transaction.
     *
     * @param decide gets the user as he is, and refuses the change by throwing
     * @returns the user after the change; undefined where there is none
     */
    change: async (
      id: string,
      decide: (before: RealmUserAccount) => Partial<Untagged<'kms_realm_users'>>,
    ): Promise<RealmUserAccount | undefined> => {
      const [changed] = await rows.service.put('kms_realm_users', db, async (tx) => {
        const after = await changeRow({
          read: () => rowById(id, tx),
          change: (before) => rows.of(tenantId).next('kms_realm_users', before, decide(accountOf(before))),
          write: (next, revision) =>
            tx.updateTable('kms_realm_users').set(next).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
        });
        return after === undefined ? [] : [after];
      });
      return changed && accountOf(changed);
    },

    remove: async (id: string): Promise<void> => {
      await rows.service.remove('kms_realm_users', db, async (tx) => {
        const query = tx.deleteFrom('kms_realm_users').where('id', '=', id).where('tenant_id', '=', tenantId);
        return (await query.returning('id').execute()).map((row) => row.id);
      });
    },
  };
};
