import type { Selectable, Updateable } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { ClientRow } from '#identity/database/clients.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';

export type StoredClientRow = Selectable<ClientRow>;

/** Rows of clients, disabled ones too; of the demo only where it runs. Every method is one query. */
export interface AdministeredClientsStore {
  byClientId(clientId: string): Promise<StoredClientRow | undefined>;
  /** By client id. @param after a client id; null from the first */
  page(after: string | null, limit: number): Promise<readonly StoredClientRow[]>;
  /** Ids of clients in use, none of them of a demo, that are excepted from PKCE, at most `limit`. */
  withoutPkce(limit: number): Promise<readonly string[]>;
  /** @returns whether the row was still as it was read */
  change(row: Pick<StoredClientRow, 'pk' | 'revision'>, values: Updateable<ClientRow>): Promise<boolean>;
}

/** @param options.demo whether the demo's are found */
export const createAdministeredClientsStore = (
  { db }: Pick<Database<IdentityTables>, 'db'>,
  { demo }: { readonly demo: boolean },
): AdministeredClientsStore => {
  const there = () => {
    const query = db.selectFrom('clients').selectAll().where('retired_at', 'is', null);
    return demo ? query : query.where('demo', '=', 0);
  };
  return {
    byClientId: (clientId) => there().where('client_id', '=', clientId).executeTakeFirst(),
    page: (after, limit) => {
      const query = after === null ? there() : there().where('client_id', '>', after);
      return query.orderBy('client_id').limit(limit).execute();
    },
    withoutPkce: async (limit) => {
      const excepted = there().where('demo', '=', 0).where('require_pkce', '=', 0).where('disabled', '=', 0);
      return (await excepted.orderBy('client_id').limit(limit).execute()).map(({ client_id: id }) => id);
    },
    change: async ({ pk, revision }, values) => {
      const update = db
        .updateTable('clients')
        .set({ ...values, revision: (revision ?? 0) + 1 })
        .where('pk', '=', pk)
        .where('retired_at', 'is', null);
      const asRead = revision === null ? update.where('revision', 'is', null) : update.where('revision', '=', revision);
      return (await asRead.executeTakeFirst()).numUpdatedRows > 0n;
    },
  };
};
