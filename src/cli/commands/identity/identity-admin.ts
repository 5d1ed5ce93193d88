import { AppError } from '#infra/apperr/app-error.ts';
import type { IdentityAdmin } from '#client/admin/identity-admin.ts';
import { IDENTITY_ADMIN_URL } from '#cli/settings/identity-admin-flags.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { operatorClient } from '../operator/operator-command.ts';

/** Bytes of a page of clients, each with its keys. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** An image of a server holds nothing that finds a stack: there is none beside it. */
const NOT_HELD = 'not-in-this-program';

const stackHere = async (process: Pick<CliProcess, 'cwd' | 'env' | 'home'>) => {
  try {
    const { foundAdmin } = await import('#cli/context/found-admin.ts');
    return await foundAdmin(process);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === NOT_HELD) return null;
    throw thrown;
  }
};

/**
 * The admin listener of Identity that the flags name, else that of the stack of this folder; dispose it.
 *
 * @throws AppError `usage` where there is neither, `operator-unreadable`
 */
export const identityAdmin = async (
  { operator, url }: { readonly operator: string | undefined; readonly url: string | undefined },
  process: Pick<CliProcess, 'cwd' | 'env' | 'home'>,
): Promise<IdentityAdmin & AsyncDisposable> => {
  const found = operator === undefined ? await stackHere(process) : null;
  const folder = operator ?? found?.operator;
  if (folder === undefined)
    throw usageError('--operator is missing, and there is no stack here', {
      fields: [{ field: '--operator', message: 'is missing' }],
      fix: 'Name the folder with ca.pem, cli-client.pem and cli-client.key by --operator, or start a stack with `passthru up`.',
    });
  const client = await operatorClient(folder, { maxBytes: PAGE_BYTES });
  return { url: url ?? found?.identityUrl ?? IDENTITY_ADMIN_URL, client, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
};
