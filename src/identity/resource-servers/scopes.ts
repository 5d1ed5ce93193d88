import { fineScopesOf, scopesOfRoles } from '#infra/magic/scopes.ts';

/** The claim `permissions` of these scopes: the coarse ones of the KMS replaced by the fine ones that they cover, each once; scopes of other APIs stay as they are. */
export const permissionsOfScopes = (scopes: readonly string[]): string[] => [
  ...new Set(
    scopes.flatMap((scope): readonly string[] => {
      const fine = fineScopesOf(scope);
      return fine.length === 0 ? [scope] : fine;
    }),
  ),
];

/** Every scope, coarse and fine, that an account with these roles may be granted; an unknown role gives none. */
export const grantableScopesOfRoles = (roles: readonly string[]): string[] => {
  const stated = scopesOfRoles(roles);
  return [...stated, ...permissionsOfScopes(stated).filter((scope) => !stated.some((each) => each === scope))];
};
