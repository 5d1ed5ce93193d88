import { basename } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { readGuarded } from './guarded-file.ts';

/**
 * Files that are written as a whole or not at all (`atomic-file.ts`), those that nobody else can have written (`guarded-file.ts`), and
 * secrets in them: of mode 0600, and named in errors by their base name only.
 */

/**
 * Reads a secret from its file and cuts one trailing newline, as an editor leaves it.
 *
 * @param purpose what the secret is for, named in the error, for example `the cookie keys`
 * @throws AppError `secret-unreadable`, `secret-not-ours` for one that another user may have put there; they name the file's base name,
 * never its content or folder
 */
export const readSecret = async (path: string, purpose = 'a secret'): Promise<string> => {
  const unreadable = (why: string, cause?: unknown) =>
    new AppError('secret-unreadable', 500, `the file ${basename(path)}, which holds ${purpose}, ${why}`, {
      cause,
      fix: `Make ${basename(path)} a file of mode 0600 that this user can read, or remove it and run \`passthru prepare\`.`,
    });
  let text: string;
  try {
    text = await readGuarded(path, { purpose });
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreadable(hasCode(error, 'ENOENT') ? 'does not exist' : 'cannot be read', error);
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw unreadable('is empty');
  return secret;
};

/** Writes a secret with mode 0600, atomically and durably. */
export const writeSecret = (path: string, text: string): Promise<void> => writeFileAtomic(path, text, { mode: 0o600 });

/**
 * The secret in the file, made first where there is none; an existing one is never replaced, and of many that make it at once
 * all get the same.
 *
 * @throws AppError `secret-unreadable` when the file is there and cannot be read
 */
export const ensureSecret = async (path: string, make: () => string, purpose?: string): Promise<string> => {
  try {
    return await readSecret(path, purpose);
  } catch (error) {
    if (!(error instanceof AppError) || !hasCode(error.cause, 'ENOENT')) throw error;
  }
  try {
    await writeFileAtomic(path, make(), { mode: 0o600, replace: false });
  } catch (error) {
    // Another process was faster; what it wrote is the secret.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return readSecret(path, purpose);
};
