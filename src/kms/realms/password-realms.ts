import { createHmac, randomBytes } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { AttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { VerifiedCache } from '#infra/secrets/verified-cache.ts';
import type { Tenants } from '#kms/tenants/tenants.service.ts';
import type { Challenges } from './challenges.ts';
import type { Principal } from './principal.ts';
import type { RealmUser, UserRealm } from './realm-users.store.ts';
import { scopesOfRoles } from './scopes.ts';

/** A user name and a password, and where they came from. */
interface Login {
  readonly username: string;
  readonly password: string;
  readonly address: string;
}

/** Users who prove themselves with a password. @see RFC 7617 */
export interface PasswordRealms {
  /** @throws AppError 401 for a wrong name or password alike, 429 while a delay runs, 403 for a tenant that is not here */
  authenticate(login: Login): Promise<Principal>;
}

/** Bytes of UTF-8; a longer name is nobody's and is not even looked up. */
const MAX_USERNAME_BYTES = 512;

/**
 * The realms in order: the first that knows the user name decides, so that a wrong password in one is never tried in the next.
 * A verified password is remembered for a short time; the same guess sent many times at once is checked once.
 */
export const createPasswordRealms = (options: {
  readonly realms: readonly UserRealm[];
  readonly tenants: Tenants;
  readonly passwords: Passwords;
  readonly verified: VerifiedCache;
  readonly attempts: AttemptLimits;
  readonly challenges: Challenges;
}): PasswordRealms => {
  const { realms, tenants, passwords, verified, attempts, challenges } = options;
  const flightKey = randomBytes(32);
  const once = createSingleFlight<boolean>();

  const find = async (username: string): Promise<RealmUser | undefined> => {
    if (Buffer.byteLength(username) > MAX_USERNAME_BYTES) return undefined;
    for (const realm of realms) {
      const user = await realm.find(username);
      if (user !== undefined) return user;
    }
    return undefined;
  };

  const checkPassword = async (login: Login, stored: string | undefined): Promise<boolean> => {
    const attempt = attempts.begin({ account: login.username, address: login.address });
    try {
      const right = await passwords.verify(login.password, stored);
      if (right) attempt.succeeded();
      return right;
    } catch (error) {
      if (error instanceof AppError && error.code === 'password-queue-full') attempt.withdrawn();
      throw error;
    }
  };

  /** Equal guesses from one address share one check; a guess from another address counts on its own. */
  const checkOnce = (login: Login, stored: string | undefined): Promise<boolean> => {
    const key = createHmac('sha256', flightKey)
      .update(JSON.stringify([login.username, login.password, login.address, stored ?? null]))
      .digest('base64');
    return once(key, () => checkPassword(login, stored));
  };

  return {
    authenticate: async (login) => {
      const user = await find(login.username);
      const claim = { name: login.username, password: login.password, stored: user?.stored ?? '' };
      if (user === undefined || !verified.has(claim)) {
        const right = await checkOnce(login, user?.stored);
        if (user === undefined || !right) throw challenges.invalidPassword();
        verified.remember(claim);
      }
      const { by, value } = user.tenant;
      const tenant = await (by === 'id' ? tenants.byId(value) : tenants.byName(value));
      if (tenant === undefined) throw challenges.unknownTenant();
      return {
        kind: 'realm-user',
        subject: user.subject,
        username: user.username,
        tenantId: tenant.id,
        scopes: scopesOfRoles(user.roles),
        roles: user.roles,
        issuer: null,
      };
    },
  };
};
