import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import { isUuid } from '#infra/magic/uuid.ts';
import { formatPasswordHash, parsePasswordHash } from '#infra/secrets/password-hash.ts';
import type { Administered, Operate } from '#kms/action.ts';
import { DEFAULT_LIMIT, decodeCursor } from '#infra/http/request/cursor.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import { pageOf } from '#infra/http/request/paging.ts';
import type { Caller } from '#kms/caller.ts';
import { NEW_USER, type RealmUserRow } from '#kms/database/realm-users.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { lentBeyond } from '#kms/keys/grants/lent-rights.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { NewUsers } from '../realms/new-users.ts';
import { usernameFault } from '../realms/username.ts';
import type { UserRules } from '../realms/user-rules.ts';
import { createGivenRoles } from './given-roles.ts';
import { REALM_USER_ACTIONS } from './realm-user.actions.ts';
import { realmUserAccountsStore } from './realm-user-accounts.store.ts';
import { beyondOwnScopes, lastAdministrator, realmUserInvalid, realmUserNotFound, realmUsersQuota } from './realm-user-errors.ts';
import type { ChangeRealmUser, NewPassword, RealmUserAccount, RealmUsers } from './realm-users.ts';

const ORDER = 'realm-users';

/** Rounds of a hash that comes from elsewhere: each look at one costs that many until it is hashed anew. */
const MOST_ITERATIONS = 2_000_000;

const hashRefused = (message: string, fix = 'Have the user choose a new password, and send that as password.') =>
  fieldInvalid('password-hash-invalid', '/password_hash', message, fix);

/** A hash of another system in our form. @throws AppError `password-hash-invalid` 400, which repeats nothing of it */
const ownHashOf = (hash: string): string => {
  const stored = (() => {
    try {
      return parsePasswordHash(hash);
    } catch (error) {
      if (error instanceof AppError) throw hashRefused(error.message.replace(/^a stored password /, ''));
      throw error;
    }
  })();
  if (stored.kind === 'plaintext') throw hashRefused('is a password and no hash', 'Send it as password, without {plaintext}.');
  if (stored.iterations > MOST_ITERATIONS) throw hashRefused(`asks for more than ${MOST_ITERATIONS} iterations`);
  return formatPasswordHash(stored);
};

/** @throws AppError `username-invalid` 400 */
const checkUsername = (username: string): void => {
  const fault = isUuid(username) ? { message: 'has the form of an id', fix: 'Choose another name.' } : usernameFault(username);
  if (fault !== null) throw fieldInvalid('username-invalid', '/username', fault.message, fault.fix);
};

const actionOf = ({ isEnabled }: ChangeRealmUser) => {
  if (isEnabled === undefined) return REALM_USER_ACTIONS.change;
  return isEnabled ? REALM_USER_ACTIONS.enable : REALM_USER_ACTIONS.disable;
};

/**
 * @param options.tenants say whether a tenant is one of the demo: its users are, too
 * @param options.max users of a tenant
 * @param options.now epoch milliseconds
 */
export const createRealmUsers = (options: {
  readonly operate: Operate;
  readonly service: { readonly db: Kysely<ServiceTables> };
  readonly rows: Rows;
  readonly newUsers: Pick<NewUsers, 'check' | 'hash'>;
  readonly rules: UserRules;
  readonly tenants: Pick<TenantDirectory, 'byId'>;
  readonly max: number;
  readonly now: () => number;
}): RealmUsers => {
  const { operate, service, rows, newUsers, rules, tenants, max, now } = options;
  const given = createGivenRoles(rules.roles);

  const accountsOf = ({ tenant }: Pick<Caller, 'tenant'>, db: Kysely<ServiceTables> = service.db) =>
    realmUserAccountsStore(db, rows, tenant.id);

  const find = async (caller: Pick<Caller, 'tenant'>, user: string): Promise<RealmUserAccount> => {
    const found = await accountsOf(caller).find(user);
    if (found === undefined) throw realmUserNotFound();
    return found;
  };

  /** Refuses to give a password to a user, or to enable him, who may do more than the caller by his roles, or by grants. */
  const mayLetIn = async (caller: Caller, user: string): Promise<void> => {
    const before = await find(caller, user);
    given.mayChange(caller, before);
    const grantee = { kind: 'realm-user', issuer: null, subject: before.id } as const;
    const missing = await lentBeyond(caller, grantee, { rows: rows.of(caller.tenant.id), now: now() });
    if (missing !== undefined) throw beyondOwnScopes([missing], 'borrows');
  };

  const hashOf = async (input: NewPassword): Promise<string> =>
    'passwordHash' in input ? ownHashOf(input.passwordHash) : newUsers.hash(input.password);

  /** The columns of a profile; those of what is not said are absent. */
  const columnsOf = ({ roles, isEnabled, email, displayName, metadata }: ChangeRealmUser): Partial<RealmUserRow> => ({
    ...(roles !== undefined && { roles: JSON.stringify(roles) }),
    ...(isEnabled !== undefined && { disabled_at: isEnabled ? null : now() }),
    ...(email !== undefined && { email }),
    ...(displayName !== undefined && { display_name: displayName }),
    ...(metadata !== undefined && { metadata: Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata) }),
  });

  const checkMetadata = ({ metadata }: ChangeRealmUser): void => {
    const issues = metadata === undefined ? [] : rules.checkMetadata(metadata);
    if (issues.length > 0)
      throw realmUserInvalid(
        'metadata-invalid',
        issues.map((issue) => ({ ...issue, field: `/metadata${issue.field}` })),
      );
  };

  const isAdministrator = ({ isEnabled, roles }: Pick<RealmUserAccount, 'isEnabled' | 'roles'>): boolean =>
    isEnabled && given.administers(roles);

  /** Whether somebody administers the users of the tenant who is not this one. */
  const hasAnotherAdministrator = async (caller: Caller, id: string, tx: Kysely<ServiceTables>): Promise<boolean> =>
    rules.fileUsers.some((user) => user.tenant === caller.tenant.name && isAdministrator({ isEnabled: user.enabled, roles: user.roles })) ||
    accountsOf(caller, tx).hasAnother(id, given.administering);

  /** @throws AppError `last-administrator` 409 */
  const mustStayAdministered = async (
    caller: Caller,
    { before, after, tx }: { before: RealmUserAccount; after: RealmUserAccount | null; tx: Kysely<ServiceTables> },
  ): Promise<void> => {
    const isLost = isAdministrator(before) && (after === null || !isAdministrator(after));
    if (isLost && !(await hasAnotherAdministrator(caller, before.id, tx))) throw lastAdministrator();
  };

  /** The work of a change of one user. @param decide the columns that change; it refuses by throwing */
  const changing = async (
    caller: Caller,
    user: string,
    how: {
      readonly decide: (before: RealmUserAccount) => Partial<RealmUserRow>;
      readonly isLastMeant: boolean;
    },
  ): Promise<Administered<RealmUserAccount>> => {
    const { decide, isLastMeant } = how;
    const { id } = await find(caller, user);
    return {
      object: { kind: 'realm-user', id },
      write: async (tx) => {
        let known: RealmUserAccount | undefined;
        const after = await accountsOf(caller, tx).change(id, (before) => {
          known = before;
          given.mayChange(caller, before);
          return { ...decide(before), updated_at: now() };
        });
        if (known === undefined || after === undefined) throw realmUserNotFound();
        if (!isLastMeant) await mustStayAdministered(caller, { before: known, after, tx });
        return after;
      },
    };
  };

  return {
    list: (caller, { limit = DEFAULT_LIMIT, cursor, ...filter } = {}) =>
      operate(caller, REALM_USER_ACTIONS.list, null, async () => {
        const after = decodeCursor(ORDER, 'string', cursor);
        const found = await accountsOf(caller).list(filter, { after, limit: limit + 1 });
        return pageOf(found, { limit, order: ORDER, position: ({ username, id }) => ({ value: username, id }) });
      }),

    read: (caller, user) => operate(caller, REALM_USER_ACTIONS.read, null, () => find(caller, user)),

    create: (caller, { username, ...input }) =>
      operate(caller, REALM_USER_ACTIONS.create, null, async ({ db, tenant }) => {
        checkUsername(username);
        given.mayGive(caller, input.roles);
        checkMetadata(input);
        newUsers.check(username);
        const mayBe = async (of: Kysely<ServiceTables>): Promise<void> => {
          if ((await accountsOf(caller, of).count()) >= max) throw realmUsersQuota(max);
        };
        await mayBe(db);
        const passwordHash = await hashOf(input);
        const demo = (await tenants.byId(tenant.id))?.demo === true ? 1 : 0;
        const id = randomUUIDv7();
        return {
          object: { kind: 'realm-user', id },
          write: async (tx) => {
            await mayBe(tx);
            const row = {
              ...NEW_USER,
              roles: '[]',
              ...columnsOf(input),
              id,
              username,
              password_hash: passwordHash,
              demo,
              created_at: now(),
            };
            return accountsOf(caller, tx).insert(row);
          },
        };
      }),

    change: (caller, user, changes, { precondition, isLastMeant = false } = {}) =>
      operate(caller, actionOf(changes), null, async () => {
        if (changes.roles !== undefined) given.mayGive(caller, changes.roles);
        checkMetadata(changes);
        if (changes.isEnabled === true) await mayLetIn(caller, user);
        return changing(caller, user, {
          isLastMeant,
          decide: (before) => {
            precondition?.(before);
            // Who is disabled already stays so since then.
            const { isEnabled, ...rest } = changes;
            return columnsOf(isEnabled === before.isEnabled ? rest : changes);
          },
        });
      }),

    setPassword: (caller, user, password, { precondition } = {}) =>
      operate(caller, REALM_USER_ACTIONS.setPassword, null, async () => {
        await mayLetIn(caller, user);
        const passwordHash = await hashOf(password);
        return changing(caller, user, {
          isLastMeant: true,
          decide: (before) => {
            precondition?.(before);
            return { password_hash: passwordHash, password_changed_at: now() };
          },
        });
      }),

    remove: (caller, user, { precondition, isLastMeant = false } = {}) =>
      operate(caller, REALM_USER_ACTIONS.remove, null, async () => {
        const { id } = await find(caller, user);
        return {
          object: { kind: 'realm-user', id },
          write: async (tx) => {
            const accounts = accountsOf(caller, tx);
            const before = await accounts.find(id);
            if (before === undefined) throw realmUserNotFound();
            given.mayChange(caller, before);
            precondition?.(before);
            if (!isLastMeant) await mustStayAdministered(caller, { before, after: null, tx });
            await accounts.remove(id);
            return before;
          },
        };
      }),
  };
};
