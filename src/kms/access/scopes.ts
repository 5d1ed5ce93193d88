import { type FineScope, KMS_SCOPES } from '#infra/magic/magic.ts';
import { coarseScopesOf, fineScopesOf } from '#infra/magic/scopes.ts';

/** Every fine scope that there is. */
export const FINE_SCOPES: ReadonlySet<FineScope> = new Set(Object.values(KMS_SCOPES).flat());

/** Fine scopes that the given ones cover; an unknown one covers nothing. */
export const expandScopes = (scopes: Iterable<string>): ReadonlySet<FineScope> => new Set([...scopes].flatMap(fineScopesOf));

/** Fine scopes of somebody with these roles; an unknown role gives nothing. */
export const scopesOfRoles = (roles: readonly string[]): ReadonlySet<FineScope> => expandScopes(coarseScopesOf(roles));

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
