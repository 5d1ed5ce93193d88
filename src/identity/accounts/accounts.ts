import type { Account, AccountClaims } from './account.ts';

/**
 * Who can log in, and what tokens say of them. Rows come from `account.store.ts`; log-in pages call `authenticate`, the provider
 * and the consent page call `find`.
 */
export interface Accounts {
  /**
   * The account whose password this is, else null: for an unknown name, a disabled account and a wrong password alike,
   * and after the same time.
   *
   * @param login.address of the peer, as the socket has it
   * @throws AppError `too-many-attempts` or `password-queue-full` (429 with `Retry-After`)
   */
  authenticate(login: { readonly username: string; readonly password: string; readonly address: string }): Promise<Account | null>;
  /** @returns undefined for an unknown, disabled or retired account: the provider then issues and shows nothing */
  find(accountId: string): Promise<AccountClaims | undefined>;
}
