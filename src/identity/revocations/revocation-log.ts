import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { RevocationLog } from './revocations.ts';

/** Rows of one statement: PostgreSQL and SQLite bound the values of one. */
const CHUNK = 500;
/** Clocks of replicas may differ by so much, in milliseconds. */
const CLOCKS_MS = 60_000;
/** The configuration may have been changed since the longest token was made, which lived no longer than this by default, in seconds. */
const LEAST_LIFE_S = 3_600;

/**
 * @param options.tokenSeconds the life of the tokens of each resource server
 * @param options.now epoch milliseconds
 */
export const createRevocationLog = (options: { readonly tokenSeconds: readonly number[]; readonly now: () => number }): RevocationLog => {
  const { tokenSeconds, now } = options;

  /** In milliseconds; a client may have a longer one than its resource server. */
  const longestLife = async (tx: Transaction<IdentityTables>): Promise<number> => {
    const { longest } = await tx
      .selectFrom('clients')
      .select((eb) => eb.fn.max('access_token_ttl').as('longest'))
      .executeTakeFirstOrThrow();
    return Math.max(LEAST_LIFE_S, longest ?? 0, ...tokenSeconds) * 1000 + CLOCKS_MS;
  };

  return {
    record: async (tx, entries) => {
      if (entries.length === 0) return;
      const at = now();
      const life = entries.some(({ endsAt }) => endsAt === undefined) ? await longestLife(tx) : 0;
      const rows = entries.map(({ event, audience = null, endsAt = at + life }) => ({
        id: randomUUIDv7(),
        event: JSON.stringify(event),
        audience,
        at,
        ends_at: endsAt,
        seq: null,
      }));
      for (let start = 0; start < rows.length; start += CHUNK)
        await tx
          .insertInto('revocations')
          .values(rows.slice(start, start + CHUNK))
          .execute();
    },
  };
};
