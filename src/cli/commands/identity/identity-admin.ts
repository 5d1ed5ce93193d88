import type { IdentityAdmin } from '#client/admin/identity-admin.ts';
import { IDENTITY_ADMIN_URL } from '#cli/settings/identity-admin-flags.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { operatorClient } from '../operator/operator-command.ts';

/** Bytes of a page of clients, each with its keys. */
const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * The admin listener of Identity that the flags name, else that of the stack of this folder; dispose it. In a container beside a replica
 * there is no stack, and the flags say all: what finds one is loaded only where they do not.
 *
 * @throws AppError `usage` where there is neither, `operator-unreadable`
 */
export const identityAdmin = async (
  { operator, url }: { readonly operator: string | undefined; readonly url: string | undefined },
  process: Pick<CliProcess, 'cwd' | 'env' | 'home'>,
): Promise<IdentityAdmin & AsyncDisposable> => {
  const found = operator === undefined ? await (await import('#cli/context/found-admin.ts')).foundAdmin(process) : null;
  const folder = operator ?? found?.operator;
  if (folder === undefined)
    throw usageError('--operator is missing, and there is no stack here', {
      fields: [{ field: '--operator', message: 'is missing' }],
      fix: 'Name the folder with ca.pem, cli-client.pem and cli-client.key by --operator, or start a stack with `passthru up`.',
    });
  const client = await operatorClient(folder, { maxBytes: PAGE_BYTES });
  return { url: url ?? found?.identityUrl ?? IDENTITY_ADMIN_URL, client, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
};
