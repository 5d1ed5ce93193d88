import type { Transaction } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';
import { noteLogoutsOfAccounts } from './logouts-of-accounts.ts';
import { GRANT } from './payload-hashes.ts';

const DELETE_CHUNK = 500;

/** @returns the hashes of the grants that are gone */
const deleteWhereIn = async (
  tx: Transaction<IdentityTables>,
  column: 'account_id' | 'client_id',
  values: readonly string[],
): Promise<readonly string[]> => {
  const grants: string[] = [];
  for (let start = 0; start < values.length; start += DELETE_CHUNK) {
    const chunk = values.slice(start, start + DELETE_CHUNK);
    if (column === 'account_id') await noteLogoutsOfAccounts(tx, chunk);
    const gone = await tx.deleteFrom('oidc_payloads').where(column, 'in', chunk).where('model', '=', GRANT).returning('id_hash').execute();
    await tx.deleteFrom('oidc_payloads').where(column, 'in', chunk).execute();
    grants.push(...gone.map(({ id_hash: grant }) => grant));
  }
  return grants;
};

/** Deletes sessions, of which clients will be told, interactions, grants, codes and tokens of accounts, in the caller's transaction, who records what became of the accounts. */
export const revokeForAccounts = async (tx: Transaction<IdentityTables>, accountIds: readonly string[]): Promise<void> =>
  void (await deleteWhereIn(tx, 'account_id', accountIds));

/** The same for one account that stays, and records the end of each grant. */
export const endAccessOfAccount = async (
  tx: Transaction<IdentityTables>,
  accountId: string,
  revocations: Pick<RevocationLog, 'record'>,
): Promise<void> => recordGrants(tx, await deleteWhereIn(tx, 'account_id', [accountId]), revocations);

const recordGrants = (
  tx: Transaction<IdentityTables>,
  grants: readonly string[],
  revocations: Pick<RevocationLog, 'record'>,
): Promise<void> =>
  revocations.record(
    tx,
    grants.map((grant) => ({ event: { kind: 'grant-revoked', grant } })),
  );

/**
 * Deletes interactions, grants, codes and tokens of clients, in the caller's transaction, and records the end of each grant; the caller
 * records what became of the clients.
 */
export const revokeForClients = async (
  tx: Transaction<IdentityTables>,
  clientIds: readonly string[],
  revocations: Pick<RevocationLog, 'record'>,
): Promise<void> => recordGrants(tx, await deleteWhereIn(tx, 'client_id', clientIds), revocations);

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
