import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import type { RealmUser, UserRealm } from './realm-users.store.ts';

const MAX_REMEMBERED = 10_000;

/** What one look at a realm found, shared by all who ask for that name while its lease runs; nobody by that name is a finding as well. */
interface Look {
  readonly since: number;
  readonly found: Promise<RealmUser | undefined>;
}

/**
 * Users by name as they were read a moment ago, so that a request with a password costs no query. A change of users takes effect as one of
 * tenants does: this process forgets, and the change is acknowledged once the leases of other replicas have ended.
 */
export interface UserLeases {
  /** The realm, asked anew for a name only when the lease of the last look has ended. */
  leased(realm: UserRealm): UserRealm;
  /** To be called once a change of users is committed. */
  forget(): void;
  /** Another number after each `forget`, for those who keep what they made of a user. */
  generation(): number;
}

/** @param options.elapsed milliseconds of a clock that never goes back */
export const createUserLeases = ({ elapsed }: { readonly elapsed: () => number }): UserLeases => {
  const looks = createBoundedMap<Look>({ max: MAX_REMEMBERED });
  let generation = 0;
  return {
    leased: (realm) => ({
      find: (username) => {
        const key = boundedKey(username);
        const since = elapsed();
        const known = looks.get(key);
        if (known !== undefined && since - known.since < LEASE_MS) return known.found;
        const look: Look = { since, found: realm.find(username) };
        looks.set(key, look);
        look.found.catch(() => {
          if (looks.get(key) === look) looks.delete(key);
        });
        return look.found;
      },
    }),
    forget: () => {
      generation += 1;
      looks.clear();
    },
    generation: () => generation,
  };
};
