import type { Database } from '#infra/database/databases.ts';
import type { AttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createGuessCheck } from '#infra/secrets/attempts/guess-check.ts';
import { isCredible } from '#infra/secrets/credential-limits.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { grantableScopesOfRoles } from '#identity/resource-servers/scopes.ts';
import { createAccountStore } from './account.store.ts';
import { MAX_USERNAME } from './account.ts';
import type { Accounts } from './accounts.ts';

/** No name holds a control character; PostgreSQL refuses even to look for one with NUL. */
const isName = (name: string): boolean => !/\p{Cc}/u.test(name);

/** @param options.demo whether the demo's accounts are found */
export const createAccounts = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly demo?: boolean;
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly limits?: AttemptLimits;
}): Accounts => {
  const { demo = false, passwords, limits = createAttemptLimits() } = options;
  const isPassword = createGuessCheck({ passwords, limits });
  const store = createAccountStore(options.database, { demo });
  return {
    authenticate: async ({ username, password, address }) => {
      const name = username.normalize('NFC');
      if (name.length > MAX_USERNAME || !isCredible(name, password)) return null;
      const stored = isName(name) ? await store.byUsername(name) : undefined;
      // Checked for an unknown name too: the time must not tell which names exist.
      const right = await isPassword({ name, password, stored: stored?.passwordHash, address });
      return right && stored !== undefined ? stored.account : null;
    },
    find: async (accountId) => {
      const account = await store.byId(accountId);
      if (account === undefined) return undefined;
      const { id, tenantId, username, roles, permissions, name, email, accessEndedAt } = account;
      return {
        accountId: id,
        tenantId,
        username,
        roles,
        name,
        email,
        accessEndedAt,
        scopes: [...new Set([...grantableScopesOfRoles(roles), ...permissions])],
      };
    },
  };
};
