import { coarseScopesOf, fineScopesOf } from '#infra/magic/scopes.ts';

/** Scopes with the coarse ones of the KMS replaced by the fine ones that they cover, each once; scopes of others stay as they are. */
export const expandScopes = (scopes: readonly string[]): string[] => [
  ...new Set(
    scopes.flatMap((scope): readonly string[] => {
      const fine = fineScopesOf(scope);
      return fine.length === 0 ? [scope] : fine;
    }),
  ),
];

/** Every scope, coarse and fine, that an account with these roles may be granted; an unknown role gives none. */
export const scopesOfRoles = (roles: readonly string[]): string[] => {
  const coarse = coarseScopesOf(roles);
  return [...coarse, ...expandScopes(coarse)];
};
