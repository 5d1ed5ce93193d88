import type { Kysely } from 'kysely';
import type { FineScope } from '#infra/magic/magic.ts';
import type { Caller } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { reaches } from '#kms/rights/key-scopes.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { scopedKeyOf } from '../elastic-keys/reached-keys.ts';
import { grantsStore, hashOfPrincipal } from './grant.store.ts';
import { GRANTABLE, GRANTED_SCOPES, type GrantedOperation, granteeOf, type Principal } from './grant.ts';

/** The scope that a caller lacks for an operation on a key. His grants do not count: nobody passes one on. */
export const missingFor = ({ scopes, keyScopes }: Caller, key: ElasticKey, operation: GrantedOperation): FineScope | undefined =>
  GRANTED_SCOPES[operation].find((scope) => !scopes.has(scope) && !reaches(keyScopes, scope, scopedKeyOf(key)));

/**
 * A scope that grants lend a principal for some key, and that the caller does not hold for it: with a new password or secret of the
 * principal he would act by them. Undefined where there is none, and where the caller is the principal.
 *
 * @param how.tx of a change in the database of the tenant; absent where the change is made elsewhere
 * @param how.now epoch milliseconds
 * @throws AppError `row-damaged`, `sealed` 503
 */
export const lentBeyond = async (
  caller: Caller,
  grantee: Principal,
  how: { readonly tx?: Kysely<TenantTables>; readonly rows: TenantRows; readonly now: number },
): Promise<FineScope | undefined> => {
  const { tx, rows, now } = how;
  const own = granteeOf(caller);
  const hash = hashOfPrincipal(grantee);
  if (GRANTABLE.isSubsetOf(caller.scopes) || (own !== null && hashOfPrincipal(own) === hash)) return undefined;
  const db = tx ?? (await caller.tenant.database()).db;
  for (const { elasticKeyId, operations, expiresAt } of await grantsStore(db, rows).ofGrantee(hash)) {
    const key = expiresAt > now ? await elasticKeysStore(db, rows).byId(elasticKeyId) : undefined;
    if (key === undefined) continue;
    for (const operation of operations) {
      const missing = missingFor(caller, key, operation);
      if (missing !== undefined) return missing;
    }
  }
  return undefined;
};
