import type { Kysely } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { type BarrierKeyPurpose, type BarrierKeyRow, SERVICE_OWNER } from '#kms/database/barrier-keys.table.ts';

type Connection = Kysely<ServiceTables>;

/** Newest key of an owner for a purpose. */
export const newestBarrierKey = async (db: Connection, purpose: BarrierKeyPurpose, owner: string): Promise<BarrierKeyRow | undefined> =>
  db
    .selectFrom('barrier_keys')
    .selectAll()
    .where('purpose', '=', purpose)
    .where('owner', '=', owner)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();

/** A content key of this tenant by id; an id of another tenant's key finds nothing. */
export const contentKeyById = async (db: Connection, tenantId: string, id: string): Promise<BarrierKeyRow | undefined> =>
  db
    .selectFrom('barrier_keys')
    .selectAll()
    .where('id', '=', id)
    .where('purpose', '=', 'content')
    .where('owner', '=', tenantId)
    .executeTakeFirst();

export const insertBarrierKey = async (db: Connection, row: BarrierKeyRow): Promise<void> => {
  await db.insertInto('barrier_keys').values(row).execute();
};

/**
 * Inserts root and intermediate, or nothing when a root is there already. Atomic within the caller's transaction: the
 * unique constraint makes a second replica wait for the first one's commit and then insert nothing.
 */
export const insertServiceKeysOnce = async (tx: Connection, root: BarrierKeyRow, intermediate: BarrierKeyRow): Promise<void> => {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('barrier_keys')
    .values(root)
    .onConflict((conflict) => conflict.columns(['purpose', 'owner', 'version']).doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) await insertBarrierKey(tx, intermediate);
};

export const serviceKeys = async (db: Connection): Promise<{ root: BarrierKeyRow; intermediate: BarrierKeyRow } | null> => {
  const root = await newestBarrierKey(db, 'root', SERVICE_OWNER);
  const intermediate = await newestBarrierKey(db, 'intermediate', SERVICE_OWNER);
  return root && intermediate ? { root, intermediate } : null;
};

export const deleteContentKeys = async (tx: Connection, tenantId: string): Promise<void> => {
  await tx.deleteFrom('barrier_keys').where('purpose', '=', 'content').where('owner', '=', tenantId).execute();
};
