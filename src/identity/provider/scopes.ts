import { KMS_SCOPES, ROLE_SCOPES } from '#infra/magic/magic.ts';

const fineOf: Readonly<Record<string, readonly string[]>> = KMS_SCOPES;

/** The fine scopes that scopes cover: a coarse one its fine ones, a fine one itself. */
export const fineScopes = (scopes: readonly string[]): string[] => [...new Set(scopes.flatMap((scope) => fineOf[scope] ?? [scope]))];

/** Every scope, coarse and fine, that one with these roles may hold; an unknown role gives nothing. */
export const scopesOfRoles = (roles: readonly string[]): string[] => {
  const coarse = [...new Set(roles.flatMap((role) => ROLE_SCOPES[role] ?? []))];
  return [...coarse, ...fineScopes(coarse)];
};
