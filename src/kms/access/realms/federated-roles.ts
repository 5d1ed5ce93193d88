import type { GrantedTo } from '../scopes.ts';
import type { Roles } from '../roles.ts';
import type { RealmsConfig } from './realms-config.ts';

/**
 * What the roles that an issuer gives are worth here, by the table of realms.yml. A role without an entry is worth nothing: an issuer says
 * who somebody is, and the operator of the KMS what he may do.
 */
export const federatedScopes = (table: RealmsConfig['federation']['roles'], roles: Pick<Roles, 'scopesOf'>): GrantedTo => {
  const entries = table.map(({ issuer, role, grants }) => ({ issuer, role, scopes: roles.scopesOf(grants) }));
  return (issuer, given) =>
    new Set(entries.flatMap((entry) => (entry.issuer === issuer && given.includes(entry.role) ? [...entry.scopes] : [])));
};
