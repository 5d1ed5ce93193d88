import { type CoarseScope, type FineScope, KMS_SCOPES, ROLE_SCOPES } from './magic.ts';

const FINE_BY_COARSE: ReadonlyMap<string, readonly FineScope[]> = new Map(Object.entries(KMS_SCOPES));
const FINE: ReadonlySet<string> = new Set(Object.values(KMS_SCOPES).flat());

const isFine = (scope: string): scope is FineScope => FINE.has(scope);

/** The fine scopes that a scope of the KMS covers: a coarse one those that it lists, a fine one itself, an unknown one none. */
export const fineScopesOf = (scope: string): readonly FineScope[] => (isFine(scope) ? [scope] : (FINE_BY_COARSE.get(scope) ?? []));

/** The scopes that somebody with these roles may hold, coarse and fine as the roles name them, each once; an unknown role gives none. */
export const scopesOfRoles = (roles: readonly string[]): readonly (CoarseScope | FineScope)[] => [
  ...new Set(roles.flatMap((role) => (Object.hasOwn(ROLE_SCOPES, role) ? (ROLE_SCOPES[role] ?? []) : []))),
];
