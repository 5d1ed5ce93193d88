import type { AttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import { createGuessCheck } from '#infra/secrets/attempts/guess-check.ts';
import { isCredible } from '#infra/secrets/credential-limits.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { VerifiedCache } from '#infra/secrets/verified-cache.ts';
import type { AuthenticatedCaller } from '#kms/caller.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { Challenges } from '../challenges.ts';
import type { RealmUser, UserRealm } from './realm-users.store.ts';

/** A user name and a password, and where they came from. */
interface Login {
  readonly username: string;
  readonly password: string;
  readonly address: string;
}

/** Users who prove with a password who they are. @see RFC 7617 */
export interface PasswordRealms {
  /** @throws AppError 401 for a wrong name or password alike, 429 while a delay runs, 403 for a tenant that is not here */
  authenticate(login: Login): Promise<AuthenticatedCaller>;
}

/**
 * The realms in order: the first that knows the user name decides, so that a wrong password in one is never tried in the next.
 * A verified password is remembered for a short time; the same guess sent many times at once is checked once.
 */
export const createPasswordRealms = (options: {
  readonly realms: readonly UserRealm[];
  readonly tenants: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly passwords: Passwords;
  readonly verified: VerifiedCache;
  readonly attempts: AttemptLimits;
  readonly challenges: Challenges;
}): PasswordRealms => {
  const { realms, tenants, passwords, verified, attempts, challenges } = options;
  const isPassword = createGuessCheck({ passwords, verified, limits: attempts });

  const find = async (username: string): Promise<RealmUser | undefined> => {
    for (const realm of realms) {
      const user = await realm.find(username);
      if (user !== undefined) return user;
    }
    return undefined;
  };

  return {
    authenticate: async ({ username, password, address }) => {
      if (!isCredible(username, password)) throw challenges.invalidPassword();
      const user = await find(username);
      const right = await isPassword({ name: username, password, stored: user?.stored, address });
      if (user === undefined || !right) throw challenges.invalidPassword();
      const { by, value } = user.tenant;
      const tenant = await (by === 'id' ? tenants.byId(value) : tenants.byName(value));
      if (tenant === undefined) throw challenges.unknownTenant();
      return {
        subject: user.subject,
        username: user.username,
        roles: user.roles,
        scopes: user.scopes,
        tenant,
        authentication: { kind: 'realm-user' },
      };
    },
  };
};
