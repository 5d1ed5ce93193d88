import type { Caller } from '#kms/caller.ts';
import { notAdministrator } from './tenant-errors.ts';

/**
 * Who administers tenants. A scope alone is not enough: it is given within one tenant, by those who rule there, and must not reach beyond
 * it. So the tenant of the caller has to be one that the configuration of the service names, too.
 *
 * @see docs/decisions/0028-who-administers-tenants.md
 */
export interface Administrators {
  /** Whether all who hold the scopes in this tenant administer the others. */
  isOne(tenant: { readonly name: string }): boolean;
  /** @throws AppError `tenants-not-administered` 403 */
  mustBe(caller: Caller): void;
}

/** @param names of tenants: unique among those that are kept, and never changed */
export const createAdministrators = (names: readonly string[]): Administrators => {
  const isOne: Administrators['isOne'] = ({ name }) => names.includes(name);
  return {
    isOne,
    mustBe: ({ tenant, authentication }) => {
      if (authentication.kind !== 'service' && !isOne(tenant)) throw notAdministrator();
    },
  };
};
