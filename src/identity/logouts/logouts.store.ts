import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { Logout } from './logouts.ts';

/** A log-out that this process has taken: nobody else tells it until its time has run out. */
export interface TakenLogout extends Logout {
  readonly id: string;
  /** This one included. */
  readonly attempts: number;
}

/** Writes log-outs down, in a transaction or without; one that is there already stays as it is. */
export const noteLogouts = async (on: Kysely<IdentityTables>, logouts: readonly Logout[]): Promise<void> => {
  if (logouts.length === 0) return;
  const rows = logouts.map(({ clientId, accountId, sid }) => ({
    id: randomUUIDv7(),
    client_id: clientId,
    account_id: accountId,
    sid,
    attempts: 0,
    due_at: 0,
  }));
  await on
    .insertInto('logouts')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['client_id', 'sid']).doNothing())
    .execute();
};

/**
 * Takes log-outs that are due. Of two replicas that see the same one, the conditional UPDATE lets one have it.
 *
 * @param wanted.busy ids of clients that are told nothing more for now
 * @param wanted.roomFor how many more a client may be told
 * @param times.now epoch milliseconds
 * @param times.until when another may take them, should this process end
 */
export const takeLogouts = async (
  db: Kysely<IdentityTables>,
  { limit, busy, roomFor }: { readonly limit: number; readonly busy: readonly string[]; readonly roomFor: (clientId: string) => number },
  { now, until }: { readonly now: number; readonly until: number },
): Promise<readonly TakenLogout[]> => {
  const due = db.selectFrom('logouts').selectAll().where('due_at', '<=', now).orderBy('due_at').limit(limit);
  const rows = await (busy.length === 0 ? due : due.where('client_id', 'not in', busy)).execute();
  const taken: TakenLogout[] = [];
  for (const row of rows) {
    if (taken.filter(({ clientId }) => clientId === row.client_id).length >= roomFor(row.client_id)) continue;
    const attempts = row.attempts + 1;
    const first = await db
      .updateTable('logouts')
      .set({ attempts, due_at: until })
      .where('id', '=', row.id)
      .where('attempts', '=', row.attempts)
      .executeTakeFirst();
    if (first.numUpdatedRows > 0n) taken.push({ id: row.id, clientId: row.client_id, accountId: row.account_id, sid: row.sid, attempts });
  }
  return taken;
};

export const forgetLogout = async (db: Kysely<IdentityTables>, id: string): Promise<void> =>
  void (await db.deleteFrom('logouts').where('id', '=', id).execute());

/** @param dueAt epoch milliseconds */
export const putOffLogout = async (db: Kysely<IdentityTables>, id: string, dueAt: number): Promise<void> =>
  void (await db.updateTable('logouts').set({ due_at: dueAt }).where('id', '=', id).execute());
