import { randomUUIDv7 } from 'node:crypto';
import type { Selectable } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { storedTexts } from '#infra/database/stored-values.ts';
import type { InitialTokenRow } from '#identity/database/initial-tokens.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { InitialToken, InitialTokens } from './initial-tokens.ts';
import { hashOfToken, newToken } from './opaque-token.ts';

const MAX_LISTED = 100;

const toInitialToken = (row: Selectable<InitialTokenRow>): InitialToken => ({
  id: row.id,
  note: row.note,
  scopes: storedTexts(row.scopes, `the scopes of initial access token ${row.id}`),
  usesLeft: row.uses_left,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

/** @param options.now epoch milliseconds */
export const createInitialTokens = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly now: () => number;
}): InitialTokens => {
  const { database, now } = options;
  const { db } = database;
  const good = () => db.selectFrom('initial_access_tokens').selectAll().where('uses_left', '>', 0).where('expires_at', '>', now());
  return {
    create: async ({ note, scopes, uses, lifeMs }) => {
      const token = newToken();
      const at = now();
      const row = {
        id: randomUUIDv7(),
        token_hash: hashOfToken(token),
        note,
        scopes: JSON.stringify(scopes),
        uses_left: uses,
        created_at: at,
        expires_at: at + lifeMs,
      };
      await db.insertInto('initial_access_tokens').values(row).execute();
      return { ...toInitialToken(row), token };
    },

    list: async () => (await good().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(MAX_LISTED).execute()).map(toInitialToken),

    remove: async (id) => {
      const { numDeletedRows } = await db.deleteFrom('initial_access_tokens').where('id', '=', id).executeTakeFirst();
      if (numDeletedRows === 0n) throw new AppError('initial-token-unknown', 404, 'There is no initial access token with this id.');
    },

    find: async (token) => {
      const row = await good().where('token_hash', '=', hashOfToken(token)).executeTakeFirst();
      return row && toInitialToken(row);
    },

    spend: async (tx, id) => {
      const update = tx.updateTable('initial_access_tokens').set((eb) => ({ uses_left: eb('uses_left', '-', 1) }));
      const one = update.where('id', '=', id).where('uses_left', '>', 0).where('expires_at', '>', now());
      return (await one.executeTakeFirst()).numUpdatedRows > 0n;
    },

    sweep: async () =>
      Number((await db.deleteFrom('initial_access_tokens').where('expires_at', '<=', now()).executeTakeFirst()).numDeletedRows),
  };
};
