import { type FineScope, KMS_SCOPES } from '#infra/magic/magic.ts';
import { fineScopesOf } from '#infra/magic/scopes.ts';
import { type GivenScopes, type KeyScopes, keyScopesOf } from '#kms/rights/key-scopes.ts';

/**
 * Everything about scopes follows from the table in infra/magic: a scope that is written there has its type, belongs to its coarse
 * scope and to the roles that hold that, and a route may name it. Coarse scopes, and those that the configuration names, are expanded
 * once, where a credential is read; from there on callers hold fine ones only, for all keys or for some.
 */

/** Every fine scope that there is. */
export const FINE_SCOPES: ReadonlySet<FineScope> = new Set(Object.values(KMS_SCOPES).flat());

/** Fine scopes that the given ones cover for all keys; one for some keys, or an unknown one, covers nothing. */
export const expandScopes = (scopes: Iterable<string>): ReadonlySet<FineScope> => new Set([...scopes].flatMap(fineScopesOf));

/** The scopes of a caller, as its members. */
export interface HeldScopes {
  /** Fine scopes for all keys. */
  readonly scopes: ReadonlySet<FineScope>;
  /** Absent where he holds none for single keys. */
  readonly keyScopes?: KeyScopes;
}

/**
 * Reads the scopes of a credential.
 *
 * @param permissions what the scopes are narrowed to: a right holds where both give it; undefined: no narrowing
 */
export type ReadScopes = (scopes: readonly string[], permissions?: readonly string[]) => HeldScopes;

/** Scopes that roles of an issuer are worth, beside those that it gave itself. */
export type GrantedTo = (issuer: string, roles: readonly string[]) => ReadonlySet<FineScope>;

/** @param named for each scope that the configuration names, those that it stands for, of which none is named there itself */
export const createReadScopes = (named: ReadonlyMap<string, readonly string[]> = new Map()): ReadScopes => {
  const given = (scopes: readonly string[]): GivenScopes => {
    const meant = scopes.flatMap((scope) => named.get(scope) ?? [scope]);
    return { whole: expandScopes(meant), some: keyScopesOf(meant) };
  };
  return (scopes, permissions) => {
    const lists = [scopes, ...(permissions === undefined ? [] : [permissions])].map(given);
    const whole = lists.map((list) => list.whole).reduce((held, next) => held.intersection(next));
    return { scopes: whole, ...(lists.some(({ some }) => some.length > 0) && { keyScopes: lists }) };
  };
};

/** Scopes that only read, or protect without giving anything away. */
const HARMLESS: ReadonlySet<FineScope> = new Set<FineScope>([
  'kms:elastic-keys:read',
  'kms:material-keys:read',
  'kms:grants:read',
  'kms:encrypt',
  'kms:verify',
  'kms:mac-verify',
  'kms:wrap',
  'kms:audit:read',
  'kms:api-keys:read',
  'kms:tenants:read',
  'kms:users:read',
]);

/**
 * Scopes that destroy, replace or use secret key material: for them the revocation mode `sensitive-only` asks Identity each time.
 * A scope that is new counts as sensitive until someone says that it is harmless.
 */
export const SENSITIVE_SCOPES: ReadonlySet<FineScope> = FINE_SCOPES.difference(HARMLESS);
