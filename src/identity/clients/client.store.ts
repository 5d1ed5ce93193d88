import type { Database } from '#infra/database/databases.ts';
import { preparedQuery } from '#infra/database/prepared-query.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { isOrigin } from './cors-origins.ts';
import type { ClientRecord } from './client.ts';
import { createRowReader } from './read-rows.ts';

export interface StoredClient {
  readonly client: ClientRecord;
  readonly secretHash: string | undefined;
  /** Of the secret before, and from when on that is good no more, in epoch milliseconds. */
  readonly previousSecret: { readonly hash: string; readonly endsAt: number } | undefined;
}

/** Clients in use: what is retired or disabled is not found, and of the demo only where it runs. Every method is one query. */
export interface ClientStore {
  byClientId(clientId: string): Promise<StoredClient | undefined>;
  /** Whether scripts of this origin may read answers to a client. */
  hasOrigin(origin: string): Promise<boolean>;
}

/** `client-id = *VSCHAR`; RFC 6749 appendix A.1. */
const CLIENT_ID = /^[\x20-\x7E]{1,256}$/;

/** @param options.demo whether the demo's are found */
export const createClientStore = ({ db }: Pick<Database<IdentityTables>, 'db'>, { demo }: { readonly demo: boolean }): ClientStore => {
  const inUse = () => {
    const query = db.selectFrom('clients').where('retired_at', 'is', null).where('disabled', '=', 0);
    return demo ? query : query.where('demo', '=', 0);
  };
  const rowsOf = preparedQuery(db, (clientId: string) => inUse().selectAll().where('client_id', '=', clientId));
  const read = createRowReader();
  return {
    byClientId: async (clientId) => {
      if (!CLIENT_ID.test(clientId)) return undefined;
      const [row] = await rowsOf(clientId);
      if (row === undefined) return undefined;
      const { secret_hash: secretHash, previous_secret_hash: hash, previous_secret_ends_at: endsAt } = row;
      const previousSecret = hash === null || endsAt === null ? undefined : { hash, endsAt };
      return { client: read(row), secretHash: secretHash ?? undefined, previousSecret };
    },
    hasOrigin: async (origin) => {
      // As it stands in the list of a client; an origin has neither of the characters that LIKE reads otherwise, nor a quote.
      if (!isOrigin(origin) || /[%_\\"]/.test(origin)) return false;
      const query = inUse()
        .select('client_id')
        .where('cors_origins', 'like', `%${JSON.stringify(origin)}%`)
        .limit(1);
      return (await query.executeTakeFirst()) !== undefined;
    },
  };
};
