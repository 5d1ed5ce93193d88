import { fineScopesOfRoles } from '../scopes.ts';
import type { FileUser } from './realms-config.ts';
import type { RealmUser, UserRealm } from './realm-users.store.ts';

/** Users of realms.yml. */
export const createFileRealm = (users: readonly FileUser[]): UserRealm => {
  const byName = new Map<string, RealmUser>(
    users.map((user) => [
      user.username,
      {
        subject: `file:${user.username}`,
        username: user.username,
        stored: user.password,
        tenant: { by: 'name', value: user.tenant },
        roles: user.roles,
        scopes: fineScopesOfRoles(user.roles),
      },
    ]),
  );
  return { find: async (username) => byName.get(username) };
};
