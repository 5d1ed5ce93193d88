import type { Kysely } from 'kysely';
import type { BarrierKeyRow } from '#kms/database/barrier-keys.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';

/** `rows`: the key above the row keys, once the intermediate that it was derived from has been rotated. */
export type ServicePurpose = 'root' | 'intermediate' | 'rows';

/** A key of the hierarchy, readable only with the key above it. */
export interface BarrierKey {
  /** UUIDv7; `kid` of what this key wraps. */
  readonly id: string;
  /** Counts from 1. */
  readonly version: number;
  /** Compact JWE under the key above. */
  readonly wrapped: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface ServiceKey extends BarrierKey {
  readonly purpose: ServicePurpose;
}

export interface ContentKey extends BarrierKey {
  /** UUIDv4. */
  readonly tenantId: string;
}

/** The service in the column of the owner. */
const SERVICE = 'service';

const barrierKeyOf = ({ id, version, wrapped, created_at: createdAt }: BarrierKeyRow): BarrierKey => ({ id, version, wrapped, createdAt });
const contentKeyOf = (row: BarrierKeyRow): ContentKey => ({ ...barrierKeyOf(row), tenantId: row.owner });

const rowOf = (purpose: ServicePurpose | 'content', owner: string, { id, version, wrapped, createdAt }: BarrierKey): BarrierKeyRow => ({
  id,
  purpose,
  owner,
  version,
  wrapped,
  created_at: createdAt,
});

/**
 * Queries on `barrier_keys`; each is one statement but for `insertServiceKeysOnce`.
 *
 * @param db the service database, or a transaction on it
 */
export const barrierKeysStore = (db: Kysely<ServiceTables>) => {
  const contentKeys = () => db.selectFrom('barrier_keys').selectAll().where('purpose', '=', 'content');
  return {
    /** Every key above the tenants, newest first. */
    ofService: async (): Promise<readonly ServiceKey[]> => {
      const rows = await db.selectFrom('barrier_keys').selectAll().where('owner', '=', SERVICE).orderBy('version', 'desc').execute();
      return rows.map((row) => ({ ...barrierKeyOf(row), purpose: row.purpose as ServicePurpose }));
    },

    newestIntermediate: async (): Promise<BarrierKey | undefined> => {
      const row = await db
        .selectFrom('barrier_keys')
        .selectAll()
        .where('purpose', '=', 'intermediate')
        .where('owner', '=', SERVICE)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && barrierKeyOf(row);
    },

    newestContentKey: async (tenantId: string): Promise<ContentKey | undefined> => {
      const row = await contentKeys().where('owner', '=', tenantId).orderBy('version', 'desc').limit(1).executeTakeFirst();
      return row && contentKeyOf(row);
    },

    /** A content key of this tenant by id; an id of another tenant's key finds nothing. */
    contentKey: async (tenantId: string, id: string): Promise<ContentKey | undefined> => {
      const row = await contentKeys().where('id', '=', id).where('owner', '=', tenantId).executeTakeFirst();
      return row && contentKeyOf(row);
    },

    /** Content keys of all tenants in the order of their ids, after one of them. */
    contentKeysAfter: async (id: string, limit: number): Promise<readonly ContentKey[]> => {
      const rows = await contentKeys().where('id', '>', id).orderBy('id').limit(limit).execute();
      return rows.map(contentKeyOf);
    },

    /** The newest content key of each tenant, and how many it has. */
    newestContentKeys: async (): Promise<readonly (ContentKey & { readonly keys: number })[]> => {
      const rows = await db
        .selectFrom('barrier_keys as newest')
        .innerJoin(
          db
            .selectFrom('barrier_keys')
            .select(({ fn }) => ['owner', fn.max('version').as('version'), fn.countAll().as('keys')])
            .where('purpose', '=', 'content')
            .groupBy('owner')
            .as('counted'),
          (join) => join.onRef('counted.owner', '=', 'newest.owner').onRef('counted.version', '=', 'newest.version'),
        )
        .selectAll('newest')
        .select('counted.keys')
        .where('newest.purpose', '=', 'content')
        .orderBy('newest.id')
        .execute();
      return rows.map((row) => ({ ...contentKeyOf(row), keys: Number(row.keys) }));
    },

    insertContentKey: async ({ tenantId, ...key }: ContentKey): Promise<void> => {
      await db
        .insertInto('barrier_keys')
        .values(rowOf('content', tenantId, key))
        .execute();
    },

    insertServiceKey: async ({ purpose, ...key }: ServiceKey): Promise<void> => {
      await db
        .insertInto('barrier_keys')
        .values(rowOf(purpose, SERVICE, key))
        .execute();
    },

    /**
     * Inserts root and intermediate, or nothing when a root is there already. Atomic within the transaction that it is given: the
     * unique constraint makes a second replica wait for the first one's commit and then insert nothing.
     */
    insertServiceKeysOnce: async (root: BarrierKey, intermediate: BarrierKey): Promise<void> => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('barrier_keys')
        .values(rowOf('root', SERVICE, root))
        .onConflict((conflict) => conflict.columns(['purpose', 'owner', 'version']).doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows !== 1n) return;
      await db
        .insertInto('barrier_keys')
        .values(rowOf('intermediate', SERVICE, intermediate))
        .execute();
    },

    /** Puts another record in the place of one that is as it was read; else it changes nothing. @returns whether it did */
    replace: async ({ id, wrapped: before }: Pick<BarrierKey, 'id' | 'wrapped'>, wrapped: string): Promise<boolean> => {
      const { numUpdatedRows } = await db
        .updateTable('barrier_keys')
        .set({ wrapped })
        .where('id', '=', id)
        .where('wrapped', '=', before)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },

    /** Deletes a key that is as it was read; else it changes nothing. @returns whether it did */
    remove: async ({ id, wrapped }: Pick<BarrierKey, 'id' | 'wrapped'>): Promise<boolean> => {
      const { numDeletedRows } = await db
        .deleteFrom('barrier_keys')
        .where('id', '=', id)
        .where('wrapped', '=', wrapped)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 1n;
    },

    /** Deletes the content keys of a tenant that are older than one. */
    deleteOlderContentKeys: async ({ tenantId, version }: Pick<ContentKey, 'tenantId' | 'version'>): Promise<void> => {
      await db
        .deleteFrom('barrier_keys')
        .where('purpose', '=', 'content')
        .where('owner', '=', tenantId)
        .where('version', '<', version)
        .execute();
    },

    deleteContentKeys: async (tenantId: string): Promise<void> => {
      await db.deleteFrom('barrier_keys').where('purpose', '=', 'content').where('owner', '=', tenantId).execute();
    },
  };
};
