import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { usageError } from '#cli/settings/usage-error.ts';

/** A place for a secret that is still to come. */
export interface SecretOut extends AsyncDisposable {
  /**
   * @param again command that makes another secret, should this one be lost
   * @throws AppError `secret-unwritten` where the disk is full, for example
   */
  write(secret: string, again: string): Promise<void>;
}

/**
 * Makes the file of a secret before the secret is asked for, which its maker shows once: of mode 0600, and never one that is there. Disposed
 * without a secret, it is gone again.
 *
 * @throws AppError `usage`
 */
export const openSecretOut = async (name: string, cwd: string): Promise<SecretOut> => {
  const path = resolve(cwd, name);
  const file = await open(path, 'wx', 0o600).catch((cause: Error) => {
    const why = hasCode(cause, 'EEXIST') ? 'is there already' : `cannot be made: ${cause.message}`;
    throw usageError(`the file ${name} of --secret-out ${why}`, { fix: 'Name a file that is not there, in a folder that you may write.' });
  });
  let isWritten = false;
  return {
    write: async (secret, again) => {
      try {
        await file.writeFile(`${secret}\n`);
        await file.sync();
        isWritten = true;
      } catch (cause) {
        throw new AppError('secret-unwritten', 500, `The secret was made, and could not be written into ${name}.`, {
          cause,
          fix: `Nobody knows it now. Make room, then make another by \`${again}\`.`,
        });
      }
    },
    [Symbol.asyncDispose]: async () => {
      await file.close();
      if (!isWritten) await rm(path, { force: true });
    },
  };
};
