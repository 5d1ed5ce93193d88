import { type FineScope, KMS_SCOPES } from '#infra/magic/magic.ts';
import { coarseScopesOf, fineScopesOf } from '#infra/magic/scopes.ts';

/**
 * Everything about scopes follows from the table in infra/magic: a scope that is written there has its type, belongs to its coarse
 * scope and to the roles that hold that, and a route may name it. Coarse scopes are expanded once, where a credential is read; from
 * there on callers hold fine ones only.
 */

/** Every fine scope that there is. */
export const FINE_SCOPES: ReadonlySet<FineScope> = new Set(Object.values(KMS_SCOPES).flat());

/** Fine scopes that the given ones cover; an unknown one covers nothing. */
export const expandScopes = (scopes: Iterable<string>): ReadonlySet<FineScope> => new Set([...scopes].flatMap(fineScopesOf));

/** Fine scopes of somebody with these roles; an unknown role gives nothing. */
export const fineScopesOfRoles = (roles: readonly string[]): ReadonlySet<FineScope> => expandScopes(coarseScopesOf(roles));

/** The scopes that `permissions` grants as well, where these are stated; all of them where not. */
export const narrowScopes = (scopes: ReadonlySet<FineScope>, permissions: readonly string[] | undefined): ReadonlySet<FineScope> =>
  permissions === undefined ? scopes : scopes.intersection(expandScopes(permissions));

/** Scopes that only read, or protect without giving anything away. */
const HARMLESS: ReadonlySet<FineScope> = new Set<FineScope>([
  'kms:elastic-keys:read',
  'kms:material-keys:read',
  'kms:encrypt',
  'kms:verify',
  'kms:mac-verify',
  'kms:wrap',
  'kms:audit:read',
  'kms:tenants:read',
]);

/**
 * Scopes that destroy, replace or use secret key material: for them the revocation mode `sensitive-only` asks Identity each time.
 * A scope that is new counts as sensitive until someone says that it is harmless.
 */
export const SENSITIVE_SCOPES: ReadonlySet<FineScope> = FINE_SCOPES.difference(HARMLESS);
