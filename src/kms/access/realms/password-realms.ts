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
import { spelled } from './username.ts';

/** A user name and a password, and where they came from. */
interface Login {
  readonly username: string;
  readonly password: string;
  readonly address: string;
  /** The connection that they came over. */
  readonly connection: object;
}

/** A user, and the version of the password that he had at the same look. */
export interface KnownUser {
  readonly caller: AuthenticatedCaller;
  /** Another one with each other password. */
  readonly passwordVersion: string;
}

/** Users who prove with a password who they are. @see RFC 7617 */
export interface PasswordRealms {
  /** @throws AppError 401 for a wrong name or password alike, 429 while a delay runs, 403 for a tenant that is not here */
  authenticate(login: Login): Promise<AuthenticatedCaller>;
  /** The same for what outlasts the request: with the version of the very password that was right, whatever came after it. */
  logIn(login: Login): Promise<KnownUser>;
  /** The user of that name as he is now, read anew; undefined where there is none who is enabled, or his tenant is not here. */
  known(username: string): Promise<KnownUser | undefined>;
}

/** In the first realm that knows the name; nobody where he is disabled there. */
const find = async (username: string, realms: readonly UserRealm[]): Promise<RealmUser | undefined> => {
  const spelling = spelled(username);
  // Names from before there was one spelling are found as they were written.
  const names = spelling === username ? [username] : [username, spelling];
  for (const realm of realms) {
    for (const name of names) {
      const user = await realm.find(name);
      if (user !== undefined) return user.isEnabled ? user : undefined;
    }
  }
  return undefined;
};

/**
 * The realms in order: the first that knows the user name decides, so that a wrong password in one is never tried in the next.
 * A user who is disabled counts as one whom nobody knows, in every respect. A name may come in any of its canonically equivalent spellings.
 * A verified password is remembered for a short time, and longest by the connection that brought it; the same guess sent many times at once
 * is checked once.
 *
 * @param options.unleased the same realms for `known`: what is kept for the time of a lease must not be made of what another lease kept, else
 *   both add up
 */
export const createPasswordRealms = (options: {
  readonly realms: readonly UserRealm[];
  readonly unleased: readonly UserRealm[];
  readonly tenants: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly verified: VerifiedCache;
  readonly proofs: ConnectionProofs;
  readonly attempts: AttemptLimits;
  readonly challenges: Challenges;
  /** Told of each password that was found right, unless its connection had proved it before; must not throw. */
  readonly proved?: (user: RealmUser, password: string) => void;
}): PasswordRealms => {
  const { realms, unleased, tenants, passwords, verified, proofs, attempts, challenges, proved } = options;
  const isPassword = createGuessCheck({ passwords, verified, limits: attempts });

  /** Undefined where his tenant is not here. */
  const callerOf = async ({
    subject,
    username,
    roles,
    scopes,
    tenant: { by, value },
  }: RealmUser): Promise<AuthenticatedCaller | undefined> => {
    const tenant = await (by === 'id' ? tenants.byId(value) : tenants.byName(value));
    return tenant && { subject, username, roles, scopes, tenant, authentication: { kind: 'realm-user' } };
  };

  /** By one name for all its spellings: each of them would be a fresh start for those who guess. */
  const isRight = async ({ username, password, address, connection }: Login, user: RealmUser | undefined): Promise<boolean> => {
    const [name, stored] = [spelled(username), user?.stored];
    if (stored !== undefined && proofs.has(connection, { name, password, stored })) return true;
    if (!(await isPassword({ name, password, stored, address })) || user === undefined || stored === undefined) return false;
    proofs.remember(connection, { name, password, stored });
    proved?.(user, password);
    return true;
  };

  const logIn = async (login: Login): Promise<KnownUser> => {
    const { username, password } = login;
    if (!isCredible(username, password)) throw challenges.invalidPassword();
    const user = await find(username, realms);
    const right = await isRight(login, user);
    if (user === undefined || !right) throw challenges.invalidPassword();
    const caller = await callerOf(user);
    if (caller === undefined) throw challenges.unknownTenant();
    return { caller, passwordVersion: user.passwordVersion };
  };

  return {
    authenticate: async (login) => (await logIn(login)).caller,
    logIn,
    known: async (username) => {
      const user = await find(username, unleased);
      const caller = user && (await callerOf(user));
      return user && caller && { caller, passwordVersion: user.passwordVersion };
    },
  };
};
