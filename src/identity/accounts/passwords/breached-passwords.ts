/**
 * The passwords of accounts: `new-passwords.ts` takes those of new accounts and of changes, and asks here about each; `password-changes.ts`
 * changes them.
 */

/** Passwords that leaked somewhere, which guessers try first. */
export interface BreachedPasswords {
  /** @throws AppError `breached-list-unreadable` 503: a password that nobody could look up is not taken */
  holds(password: string): Promise<boolean>;
}
