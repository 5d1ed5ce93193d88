import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createSharedMap } from '#infra/cache/shared-map.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Caller } from '#kms/caller.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import { allows, gives, type Grant, type GrantedUse, granteeOf, isGrantable } from './grant.ts';
import { grantsStore, hashOfPrincipal } from './grant.store.ts';

/** What the grants of a caller say of a use. */
export type GrantedBy = { readonly grant: Grant } | { readonly refused: 'context' | 'no' };

/**
 * The grants of callers in memory, for the time of a lease: within it a use by a grant costs no look at the database, and a caller without
 * grants none either.
 */
export interface HeldGrants {
  /** Whether some grant gives the caller this scope, for whatever key. */
  giveSome(caller: Caller, scope: FineScope): Promise<boolean>;
  /** The grant that allows a use; where several do, the oldest. */
  allowing(caller: Caller, use: GrantedUse): Promise<GrantedBy>;
  /** To be called once a change of grants is committed: the next look sees it. */
  forget(tenantId: string): void;
}

/**
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds on a clock that never goes back
 * @param options.max principals of all tenants together; where there are more, a tenant that has few loses none
 */
export const createHeldGrants = (options: {
  readonly barrier: Pick<Barrier, 'onForget'>;
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly now: () => number;
  readonly elapsed?: () => number;
  readonly max?: number;
}): HeldGrants => {
  const { barrier, rows, now, elapsed = () => performance.now(), max = 4096 } = options;
  interface Look {
    readonly at: number;
    readonly found: Promise<readonly Grant[]>;
  }
  const looks = createSharedMap<Look>({ max });

  barrier.onForget((tenantId) => {
    if (tenantId === null) looks.clear();
    else looks.deleteOwner(boundedKey(tenantId));
  });

  const read = async (tenant: Caller['tenant'], principal: string): Promise<readonly Grant[]> => {
    const { db } = await tenant.database();
    return grantsStore(db, rows.of(tenant.id)).ofGrantee(principal);
  };

  const grantsOf = (caller: Caller): Promise<readonly Grant[]> | readonly Grant[] => {
    const grantee = granteeOf(caller);
    if (grantee === null) return [];
    const { tenant } = caller;
    const principal = hashOfPrincipal(grantee);
    const [owner, name] = [boundedKey(tenant.id), boundedKey(principal)];
    const at = elapsed();
    const known = looks.get(owner, name);
    if (known !== undefined && at - known.at < LEASE_MS) return known.found;
    const look: Look = { at, found: read(tenant, principal) };
    looks.set(owner, name, look);
    look.found.catch(() => {
      if (looks.get(owner, name) === look) looks.delete(owner, name);
    });
    return look.found;
  };

  return {
    giveSome: async (caller, scope) => isGrantable(scope) && (await grantsOf(caller)).some((grant) => gives(grant, scope, now())),
    allowing: async (caller, use) => {
      if (!isGrantable(use.scope)) return { refused: 'no' };
      const given = (await grantsOf(caller)).filter((grant) => gives(grant, use.scope, now()));
      const grant = given.find((each) => allows(each, use) === 'yes');
      if (grant !== undefined) return { grant };
      return { refused: given.some((each) => allows(each, use) === 'context') ? 'context' : 'no' };
    },
    forget: (tenantId) => looks.deleteOwner(boundedKey(tenantId)),
  };
};
