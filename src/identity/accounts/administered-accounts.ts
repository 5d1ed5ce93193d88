import type { Page } from '#infra/http/request/paging.ts';
import type { Account } from './account.ts';

/** An app for one-time codes, or at least one passkey. */
export type SecondFactorKind = 'totp' | 'passkey';

/** An account as an operator sees it; never a password. */
export interface AdministeredAccount {
  readonly account: Account;
  readonly disabled: boolean;
  /** Kinds of second factors that a log-in takes; none where the password is enough. */
  readonly secondFactors: readonly SecondFactorKind[];
  /** One of the demo is not changed by operators. */
  readonly demo: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** All accounts, disabled ones too; those of the demo only where it runs. */
export interface AdministeredAccounts {
  /**
   * By user name.
   *
   * @param page.username only the account of this name
   * @throws AppError `cursor-invalid` 400
   */
  list(page: { readonly limit?: number; readonly cursor?: string; readonly username?: string }): Promise<Page<AdministeredAccount>>;
  /** @throws AppError `account-unknown` 404 */
  read(id: string): Promise<AdministeredAccount>;
}
