import { type CoarseScope, type FineScope, KMS_SCOPES, ROLE_SCOPES } from '#infra/magic/magic.ts';

const COARSE = new Map<string, readonly FineScope[]>(Object.entries(KMS_SCOPES));

/** Every fine scope that there is. */
export const FINE_SCOPES: ReadonlySet<FineScope> = new Set(Object.values(KMS_SCOPES).flat());

const isFine = (scope: string): scope is FineScope => (FINE_SCOPES as ReadonlySet<string>).has(scope);

/** Fine scopes that the given ones cover: a coarse one its fine ones, a fine one itself, an unknown one nothing. */
export const expandScopes = (scopes: Iterable<string>): ReadonlySet<FineScope> => {
  const expanded = new Set<FineScope>();
  for (const scope of scopes) {
    if (isFine(scope)) expanded.add(scope);
    else for (const fine of COARSE.get(scope) ?? []) expanded.add(fine);
  }
  return expanded;
};

/** Fine scopes of somebody with these roles; an unknown role gives nothing. */
export const scopesOfRoles = (roles: readonly string[]): ReadonlySet<FineScope> =>
  expandScopes(roles.flatMap((role): readonly CoarseScope[] => (Object.hasOwn(ROLE_SCOPES, role) ? (ROLE_SCOPES[role] ?? []) : [])));

/** What `scopes` grants, cut down to what `permissions` grants as well where that is stated. */
export const narrowScopes = (scopes: ReadonlySet<FineScope>, permissions: readonly string[] | undefined): ReadonlySet<FineScope> =>
  permissions === undefined ? scopes : scopes.intersection(expandScopes(permissions));

/**
 * Scopes that destroy, replace or use secret key material: for them the revocation mode `sensitive-only` asks Identity
 * each time.
 */
export const SENSITIVE_SCOPES: ReadonlySet<FineScope> = new Set<FineScope>([
  'kms:elastic-keys:create',
  'kms:elastic-keys:update',
  'kms:elastic-keys:delete',
  'kms:material-keys:rotate',
  'kms:material-keys:revoke',
  'kms:decrypt',
  'kms:sign',
  'kms:unwrap',
  'kms:rewrap',
  'kms:generate',
  'kms:tenants:write',
]);
