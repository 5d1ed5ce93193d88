import type { Kysely } from 'kysely';
import type { BarrierKeyRow } from '#kms/database/barrier-keys.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';

/** Whose key it is, and for what: root and intermediate belong to the service, a content key to its tenant. */
export type BarrierKeyOwner =
  | { readonly purpose: 'root' | 'intermediate' }
  /** UUIDv4 of the tenant. */
  | { readonly purpose: 'content'; readonly tenantId: string };

/** A key of the hierarchy, readable only with the key above it. */
export interface BarrierKey {
  /** UUIDv7; `kid` of what this key wraps. */
  readonly id: string;
  /** Compact JWE under the key above. */
  readonly wrapped: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** The service in the column of the owner. */
const SERVICE = 'service';

const ownerOf = (owner: BarrierKeyOwner): string => (owner.purpose === 'content' ? owner.tenantId : SERVICE);

const barrierKeyOf = ({ id, wrapped, created_at: createdAt }: BarrierKeyRow): BarrierKey => ({ id, wrapped, createdAt });

const firstVersionOf = (owner: BarrierKeyOwner, { id, wrapped, createdAt }: BarrierKey): BarrierKeyRow => ({
  id,
  purpose: owner.purpose,
  owner: ownerOf(owner),
  version: 1,
  wrapped,
  created_at: createdAt,
});

/**
 * Queries on `barrier_keys`; each is one statement but for `insertServiceKeysOnce`.
 *
 * @param db the service database, or a transaction on it
 */
export const barrierKeysStore = (db: Kysely<ServiceTables>) => ({
  newest: async (owner: BarrierKeyOwner): Promise<BarrierKey | undefined> => {
    const row = await db
      .selectFrom('barrier_keys')
      .selectAll()
      .where('purpose', '=', owner.purpose)
      .where('owner', '=', ownerOf(owner))
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && barrierKeyOf(row);
  },

  /** A content key of this tenant by id; an id of another tenant's key finds nothing. */
  contentKey: async (tenantId: string, id: string): Promise<BarrierKey | undefined> => {
    const row = await db
      .selectFrom('barrier_keys')
      .selectAll()
      .where('id', '=', id)
      .where('purpose', '=', 'content')
      .where('owner', '=', tenantId)
      .executeTakeFirst();
    return row && barrierKeyOf(row);
  },

  insertContentKey: async (tenantId: string, key: BarrierKey): Promise<void> => {
    await db
      .insertInto('barrier_keys')
      .values(firstVersionOf({ purpose: 'content', tenantId }, key))
      .execute();
  },

  /**
   * Inserts root and intermediate, or nothing when a root is there already. Atomic within the transaction that it is given: the
   * unique constraint makes a second replica wait for the first one's commit and then insert nothing.
   */
  insertServiceKeysOnce: async (root: BarrierKey, intermediate: BarrierKey): Promise<void> => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('barrier_keys')
      .values(firstVersionOf({ purpose: 'root' }, root))
      .onConflict((conflict) => conflict.columns(['purpose', 'owner', 'version']).doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n) return;
    await db
      .insertInto('barrier_keys')
      .values(firstVersionOf({ purpose: 'intermediate' }, intermediate))
      .execute();
  },

  /** Puts another record in the place of one that is as it was read; else it changes nothing. */
  replace: async ({ id, wrapped: before }: BarrierKey, wrapped: string): Promise<void> => {
    await db.updateTable('barrier_keys').set({ wrapped }).where('id', '=', id).where('wrapped', '=', before).execute();
  },

  deleteContentKeys: async (tenantId: string): Promise<void> => {
    await db.deleteFrom('barrier_keys').where('purpose', '=', 'content').where('owner', '=', tenantId).execute();
  },
});
