import type { Roles } from '../roles.ts';
import type { FileUser } from './realms-config.ts';
import type { RealmUser, UserRealm } from './realm-users.store.ts';

/** Users of realms.yml; what their roles grant is found out once. */
export const createFileRealm = (users: readonly FileUser[], roles: Pick<Roles, 'scopesOf'>): UserRealm => {
  const byName = new Map<string, RealmUser>(
    users.map((user) => [
      user.username,
      {
        subject: `file:${user.username}`,
        username: user.username,
        stored: user.password,
        passwordVersion: user.password,
        tenant: { by: 'name', value: user.tenant },
        isEnabled: user.enabled,
        roles: user.roles,
        scopes: roles.scopesOf(user.roles),
      },
    ]),
  );
  return { find: async (username) => byName.get(username) };
};
