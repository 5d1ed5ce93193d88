import { AppError } from '#infra/apperr/app-error.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { BreachedPasswords } from './breached-passwords.ts';

/** Characters of a new password. @see NIST SP 800-63B section 3.1.1.2 */
export const LEAST_PASSWORD_CHARACTERS = 12;

export const refusedPassword = (code: string, message: string, fix: string): AppError => new AppError(code, 400, message, { fix });

/** @throws AppError `password-too-short`, `password-too-long` or `password-breached` 400, `breached-list-unreadable` 503 */
export type HashNewPassword = (password: string) => Promise<string>;

/** Hashes the password of a new account, or a new one of an account, where it may be one. */
export const createNewPasswords =
  (options: { readonly passwords: Pick<Passwords, 'hash'>; readonly breached: BreachedPasswords }): HashNewPassword =>
  async (password) => {
    const { passwords, breached } = options;
    const text = password.normalize('NFC');
    if ([...text].length < LEAST_PASSWORD_CHARACTERS) {
      const message = `The new password is shorter than ${LEAST_PASSWORD_CHARACTERS} characters.`;
      throw refusedPassword('password-too-short', message, 'Take a longer one: some words that do not belong together, for example.');
    }
    if (await breached.holds(text))
      throw refusedPassword('password-breached', 'The new password is on a list of passwords that leaked elsewhere.', 'Take another one.');
    return passwords.hash(password);
  };
