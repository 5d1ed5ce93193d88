import { AppError } from '#infra/apperr/app-error.ts';
import { isUuidV7 } from '#infra/magic/uuid.ts';
import { type IdentityAdmin, identityRequests } from './identity-admin.ts';

/** An account that is to be made, as the admin listener of Identity takes it. */
export interface NewAccountBody {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
  readonly tenant_id: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** An account as Identity shows it to operators. */
export interface AccountBody {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly tenant_id: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly disabled: boolean;
  readonly second_factors: readonly ('totp' | 'passkey')[];
  readonly demo: boolean;
  readonly created_at: string;
}

/** The accounts of Identity, over its admin listener. @returns requests that throw as `identityRequests` */
export const identityAccounts = (admin: IdentityAdmin) => {
  const { send, all } = identityRequests(admin, '/admin/v1/accounts');
  const read = async (id: string): Promise<AccountBody> => (await send('GET', `/${id}`)).json<AccountBody>();
  return {
    create: async (account: NewAccountBody): Promise<AccountBody> => (await send('POST', '', { body: account })).json<AccountBody>(),
    list: () => all<AccountBody>(),
    read,
    /**
     * @param account an id, else a user name
     * @throws AppError `account-unknown` 404
     */
    find: async (account: string): Promise<AccountBody> => {
      if (isUuidV7(account)) return read(account);
      const [found] = await all<AccountBody>({ username: account });
      if (found !== undefined) return found;
      throw new AppError('account-unknown', 404, `There is no account ${account}.`, { fix: '`passthru account list` shows the accounts.' });
    },
    setDisabled: async (id: string, disabled: boolean): Promise<void> =>
      void (await send('PUT', `/${id}/disabled`, { body: { disabled } })),
    setPassword: async (id: string, password: string): Promise<void> => void (await send('PUT', `/${id}/password`, { body: { password } })),
    /** @throws AppError `no-second-factor` 409 */
    resetFactors: async (id: string): Promise<void> => void (await send('DELETE', `/${id}/second-factors`)),
    remove: async (id: string): Promise<void> => void (await send('DELETE', `/${id}`)),
  };
};
