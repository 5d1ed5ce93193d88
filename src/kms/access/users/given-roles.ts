import type { FineScope } from '#infra/magic/magic.ts';
import type { Caller } from '#kms/caller.ts';
import { type Roles, unknownRoles } from '../roles.ts';
import { beyondOwnScopes, realmUserInvalid } from './realm-user-errors.ts';

/** The right to administer users. */
export const ADMINISTERS: FineScope = 'kms:users:write';

/**
 * Who may give which roles, and change whom. Roles count by what they grant: nobody gives, by a role, a password or a name of his choice,
 * what he does not hold for all keys himself.
 */
export interface GivenRoles {
  /** @throws AppError `roles-unknown` 400, `beyond-own-scopes` 403 */
  mayGive(caller: Pick<Caller, 'scopes'>, roles: readonly string[]): void;
  /** @throws AppError `beyond-own-scopes` 403 for a user who may do more than the caller */
  mayChange(caller: Pick<Caller, 'scopes'>, user: { readonly roles: readonly string[] }): void;
  administers(roles: readonly string[]): boolean;
  /** Names of the roles that grant the right to administer users. */
  readonly administering: readonly string[];
}

export const createGivenRoles = (roles: Roles): GivenRoles => {
  const beyond = ({ scopes }: Pick<Caller, 'scopes'>, given: readonly string[]) => roles.scopesOf(given).difference(scopes);
  const administers = (given: readonly string[]): boolean => roles.scopesOf(given).has(ADMINISTERS);
  return {
    mayGive: (caller, given) => {
      const unknown = unknownRoles(given, roles, (index) => `/roles/${index}`);
      if (unknown.length > 0) throw realmUserInvalid('roles-unknown', unknown);
      const missing = beyond(caller, given);
      if (missing.size > 0) throw beyondOwnScopes(missing, 'gives');
    },
    mayChange: (caller, user) => {
      const missing = beyond(caller, user.roles);
      if (missing.size > 0) throw beyondOwnScopes(missing, 'has');
    },
    administers,
    administering: roles.names.filter((name) => administers([name])),
  };
};
