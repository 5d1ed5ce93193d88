import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { accountUnknown } from '#identity/accounts/account-unknown.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';

/**
 * The end of accounts and clients that are no demo: with them end their sessions, grants and tokens, and resource servers are told, all in
 * one transaction.
 */
export interface EndAccess {
  /** Nobody logs in with a disabled account; it can be enabled again. @throws AppError `account-unknown` 404 */
  setDisabled(accountId: string, disabled: boolean): Promise<void>;
  /** @throws AppError `account-unknown` 404 */
  removeAccount(accountId: string): Promise<void>;
  /** A disabled client is nobody; it can be enabled again. @throws as `removeClient` */
  setClientDisabled(clientId: string, disabled: boolean): Promise<void>;
  /** @throws AppError `client-unknown` 404, also for a client of the configuration or the demo */
  removeClient(clientId: string): Promise<void>;
}

const clientUnknown = (): AppError => new AppError('client-unknown', 404, 'There is no client with this id that an operator made.');

export const createEndAccess = (options: {
  readonly database: Pick<Database<IdentityTables>, 'transaction'>;
  readonly provider: Pick<OpenIdProvider, 'revokeForAccounts' | 'revokeForClients'>;
  readonly revocations: Pick<RevocationLog, 'record'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): EndAccess => {
  const { database, provider, revocations, now } = options;
  return {
    setDisabled: (accountId, disabled) =>
      database.transaction(async (tx) => {
        // Sessions and tokens from before stay dead when it is enabled again, also one that a request of that moment wrote once more.
        const change = tx.updateTable('accounts').set({ disabled: disabled ? 1 : 0, access_ended_at: now() });
        const ofAccount = change.where('id', '=', accountId).where('demo', '=', 0);
        const { numUpdatedRows } = await (disabled ? ofAccount : ofAccount.where('disabled', '=', 1)).executeTakeFirst();
        if (numUpdatedRows === 0n) {
          const row = tx.selectFrom('accounts').select('id').where('id', '=', accountId).where('demo', '=', 0);
          if ((await row.executeTakeFirst()) === undefined) throw accountUnknown();
          return;
        }
        if (!disabled) return;
        await provider.revokeForAccounts(tx, [accountId]);
        await revocations.record(tx, [{ event: { kind: 'account-disabled', accountId } }]);
      }),

    removeAccount: (accountId) =>
      database.transaction(async (tx) => {
        const { numDeletedRows } = await tx.deleteFrom('accounts').where('id', '=', accountId).where('demo', '=', 0).executeTakeFirst();
        if (numDeletedRows === 0n) throw accountUnknown();
        await provider.revokeForAccounts(tx, [accountId]);
        await revocations.record(tx, [{ event: { kind: 'account-purged', accountId } }]);
      }),

    setClientDisabled: (clientId, disabled) =>
      database.transaction(async (tx) => {
        const change = tx.updateTable('clients').set((row) => ({
          disabled: disabled ? 1 : 0,
          revision: row(row.fn.coalesce('revision', row.lit(0)), '+', 1),
        }));
        const ofClient = change.where('client_id', '=', clientId).where('demo', '=', 0);
        const changed = await ofClient
          .where('disabled', '=', disabled ? 0 : 1)
          .returning('tenant_id')
          .executeTakeFirst();
        if (changed === undefined) {
          const there = tx.selectFrom('clients').select('pk').where('client_id', '=', clientId).where('demo', '=', 0);
          if ((await there.executeTakeFirst()) === undefined) throw clientUnknown();
          return;
        }
        const { tenant_id: tenantId } = changed;
        if (disabled) await provider.revokeForClients(tx, [clientId]);
        const kind = disabled ? 'client-disabled' : 'client-enabled';
        if (tenantId !== null) await revocations.record(tx, [{ event: { kind, clientId, tenantId } }]);
      }),

    removeClient: (clientId) =>
      database.transaction(async (tx) => {
        const named = tx.deleteFrom('clients').where('client_id', '=', clientId).where('demo', '=', 0);
        const gone = await named.returning('tenant_id').executeTakeFirst();
        if (gone === undefined) throw clientUnknown();
        await provider.revokeForClients(tx, [clientId]);
        const { tenant_id: tenantId } = gone;
        if (tenantId !== null) await revocations.record(tx, [{ event: { kind: 'client-disabled', clientId, tenantId } }]);
      }),
  };
};
