import type { Transaction } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';
import { GRANT } from './payload-hashes.ts';

const DELETE_CHUNK = 500;

const deleteWhereIn = async (
  tx: Transaction<IdentityTables>,
  column: 'account_id' | 'client_id',
  values: readonly string[],
): Promise<void> => {
  for (let start = 0; start < values.length; start += DELETE_CHUNK) {
    const chunk = values.slice(start, start + DELETE_CHUNK);
    await tx.deleteFrom('oidc_payloads').where(column, 'in', chunk).where('model', '=', GRANT).execute();
    await tx.deleteFrom('oidc_payloads').where(column, 'in', chunk).execute();
  }
};

/** Deletes sessions, interactions, grants, codes and tokens of accounts, in the caller's transaction. */
export const revokeForAccounts = (tx: Transaction<IdentityTables>, accountIds: readonly string[]): Promise<void> =>
  deleteWhereIn(tx, 'account_id', accountIds);

/** Deletes interactions, grants, codes and tokens of clients, in the caller's transaction. */
export const revokeForClients = (tx: Transaction<IdentityTables>, clientIds: readonly string[]): Promise<void> =>
  deleteWhereIn(tx, 'client_id', clientIds);

/**
 * Deletes what clients have without an account since a moment, in the caller's transaction: their own tokens, and interactions
 * before log-in.
 *
 * @param since milliseconds since the epoch, included
 */
export const revokeForClientsSince = async (
  tx: Transaction<IdentityTables>,
  clientIds: readonly string[],
  since: number,
): Promise<void> => {
  for (let start = 0; start < clientIds.length; start += DELETE_CHUNK) {
    await tx
      .deleteFrom('oidc_payloads')
      .where('client_id', 'in', clientIds.slice(start, start + DELETE_CHUNK))
      .where('account_id', 'is', null)
      .where('created_at', '>=', since)
      .execute();
  }
};
