import type { Kysely } from 'kysely';
import type { TenantTables } from '#kms/database/tenant-tables.ts';

/** Rows of one statement: each has two parameters. */
const ROWS_AT_ONCE = 500;

/**
 * Queries on `api_key_uses`, which says when an API key was used last. It decides nothing, so its rows carry no tag.
 *
 * @param db the database of the tenant
 */
export const apiKeyUsesStore = (db: Kysely<TenantTables>) => ({
  /** Moves the last use of each key forward, never back: another replica may have written a later one. Keys that are gone are left out. */
  write: async (uses: readonly { readonly id: string; readonly at: number }[]): Promise<void> => {
    for (let from = 0; from < uses.length; from += ROWS_AT_ONCE) {
      const part = uses.slice(from, from + ROWS_AT_ONCE);
      const there = await db
        .selectFrom('api_keys')
        .select('id')
        .where(
          'id',
          'in',
          part.map(({ id }) => id),
        )
        .execute();
      const ids = new Set(there.map(({ id }) => id));
      const rows = part.filter(({ id }) => ids.has(id)).map(({ id, at }) => ({ api_key_id: id, used_at: at }));
      if (rows.length === 0) continue;
      await db
        .insertInto('api_key_uses')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .column('api_key_id')
            .doUpdateSet(({ ref }) => ({ used_at: ref('excluded.used_at') }))
            .whereRef('api_key_uses.used_at', '<', 'excluded.used_at'),
        )
        .execute();
    }
  },

  /** Epoch milliseconds by id, of those that were used. */
  of: async (ids: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    if (ids.length === 0) return new Map();
    const rows = await db.selectFrom('api_key_uses').selectAll().where('api_key_id', 'in', ids).execute();
    return new Map(rows.map(({ api_key_id: id, used_at: at }) => [id, at]));
  },
});
