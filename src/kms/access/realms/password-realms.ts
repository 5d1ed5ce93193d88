import type { AttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import { createGuessCheck } from '#infra/secrets/attempts/guess-check.ts';
import type { ConnectionProofs } from '#infra/secrets/connection-proofs.ts';
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
  /** The connection that they came over. */
  readonly connection: object;
}

/** Users who prove with a password who they are. @see RFC 7617 */
export interface PasswordRealms {
  /** @throws AppError 401 for a wrong name or password alike, 429 while a delay runs, 403 for a tenant that is not here */
  authenticate(login: Login): Promise<AuthenticatedCaller>;
}

/**
 * The realms in order: the first that knows the user name decides, so that a wrong password in one is never tried in the next.
 * A verified password is remembered for a short time, and longest by the connection that brought it; the same guess sent many times at once
 * is checked once.
 */
export const createPasswordRealms = (options: {
  readonly realms: readonly UserRealm[];
  readonly tenants: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly passwords: Passwords;
  readonly verified: VerifiedCache;
  readonly proofs: ConnectionProofs;
  readonly attempts: AttemptLimits;
  readonly challenges: Challenges;
}): PasswordRealms => {
  const { realms, tenants, passwords, verified, proofs, attempts, challenges } = options;
  const isPassword = createGuessCheck({ passwords, verified, limits: attempts });

  const find = async (username: string): Promise<RealmUser | undefined> => {
    for (const realm of realms) {
      const user = await realm.find(username);
      if (user !== undefined) return user;
    }
    return undefined;
  };

  const isRight = async ({ username: name, password, address, connection }: Login, stored: string | undefined): Promise<boolean> => {
    if (stored !== undefined && proofs.has(connection, { name, password, stored })) return true;
    if (!(await isPassword({ name, password, stored, address })) || stored === undefined) return false;
    proofs.remember(connection, { name, password, stored });
    return true;
  };

  return {
    authenticate: async (login) => {
      const { username, password } = login;
      if (!isCredible(username, password)) throw challenges.invalidPassword();
      const user = await find(username);
      const right = await isRight(login, user?.stored);
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
