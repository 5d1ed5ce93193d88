import type { Transaction } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { Logout } from '#identity/logouts/logouts.ts';
import { noteLogouts } from '#identity/logouts/logouts.store.ts';

interface SessionPayload {
  readonly accountId?: string;
  readonly authorizations?: Readonly<Record<string, { readonly sid?: string }>>;
}

/** What clients are to be told of the end of a session. @param payload of its row */
export const logoutsOf = (payload: string): readonly Logout[] => {
  const { accountId, authorizations = {} } = JSON.parse(payload) as SessionPayload;
  return accountId === undefined
    ? []
    : Object.entries(authorizations).flatMap(([clientId, { sid }]) => (sid === undefined ? [] : [{ clientId, accountId, sid }]));
};

/**
 * Writes down, before sessions of accounts are deleted in the caller's transaction, which clients are to be told. Those that want to know
 * nothing of log-outs are left out when the others are told.
 */
export const noteLogoutsOfAccounts = async (tx: Transaction<IdentityTables>, accountIds: readonly string[]): Promise<void> => {
  const sessions = tx.selectFrom('oidc_payloads').select('payload').where('model', '=', 'Session');
  const rows = await sessions.where('account_id', 'in', accountIds).execute();
  await noteLogouts(
    tx,
    rows.flatMap(({ payload }) => logoutsOf(payload)),
  );
};
