import type { Kysely } from 'kysely';
import { storedWord } from '#infra/database/stored-values.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TransportKeyRow } from '#kms/database/transport-keys.table.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { WRAPPINGS } from '#kms/jose/transport/wrappings.ts';
import type { StoredTransportKey } from './transport-key.ts';

const transportKeyOf = (row: TransportKeyRow): StoredTransportKey => ({
  id: row.id,
  elasticKeyId: row.elastic_key_id,
  wrapping: storedWord(row.wrapping, WRAPPINGS, `the wrapping of transport key ${row.id}`),
  wrapped: row.wrapped,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

/**
 * Queries on `transport_keys`.
 *
 * @param db the database of the tenant, or a transaction on it
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, or that is put back after its use; `sealed` 503
 */
export const transportKeysStore = (db: Kysely<TenantTables>, rows: TenantRows) => ({
  insert: async (key: StoredTransportKey): Promise<void> => {
    const row = rows.first('transport_keys', {
      id: key.id,
      elastic_key_id: key.elasticKeyId,
      wrapping: key.wrapping,
      wrapped: key.wrapped,
      created_at: key.createdAt,
      expires_at: key.expiresAt,
    });
    await rows.put('transport_keys', db, async (tx) => {
      await tx.insertInto('transport_keys').values(row).execute();
      return [row];
    });
  },

  byId: async (elasticKeyId: string, id: string): Promise<StoredTransportKey | undefined> => {
    const query = db.selectFrom('transport_keys').selectAll().where('id', '=', id).where('elastic_key_id', '=', elasticKeyId).limit(1);
    const [row] = await rows.read('transport_keys', db, () => query.execute(), { id, elastic_key_id: elasticKeyId });
    return row && transportKeyOf(row);
  },

  /** Takes a key away for its one use. @returns whether it was there: of two who take it at once, one has it */
  take: async (id: string): Promise<boolean> => {
    const taken = await rows.remove('transport_keys', db, async (tx) => {
      const gone = await tx.deleteFrom('transport_keys').where('id', '=', id).returning('id').execute();
      return gone.map((row) => row.id);
    });
    return taken.length > 0;
  },

  /** Removes those of a tenant that have expired. Where there are none, nothing is written. */
  removeExpired: async (now: number): Promise<void> => {
    const [expired] = await db.selectFrom('transport_keys').select('id').where('expires_at', '<=', now).limit(1).execute();
    if (expired === undefined) return;
    await rows.remove('transport_keys', db, async (tx) => {
      const gone = await tx.deleteFrom('transport_keys').where('expires_at', '<=', now).returning('id').execute();
      return gone.map(({ id }) => id);
    });
  },

  /** Removes all of an elastic key but so many of the newest. */
  keepNewest: async (elasticKeyId: string, keep: number): Promise<void> => {
    await rows.remove('transport_keys', db, async (tx) => {
      const ofKey = tx.selectFrom('transport_keys').select('id').where('elastic_key_id', '=', elasticKeyId);
      const all = await ofKey.orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
      const old = all.slice(keep).map(({ id }) => id);
      if (old.length > 0) await tx.deleteFrom('transport_keys').where('id', 'in', old).execute();
      return old;
    });
  },

  count: async (): Promise<number> => {
    const query = db.selectFrom('transport_keys').select(({ fn }) => fn.countAll().as('count'));
    return Number((await query.executeTakeFirstOrThrow()).count);
  },
});
