import { AppError } from '#infra/apperr/app-error.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import type { IdentityAdmin } from '#client/admin/identity-admin.ts';
import { IDENTITY_ADMIN_URL } from '#cli/settings/identity-admin-flags.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { operatorClient } from '../operator/operator-command.ts';

/** Bytes of a page of clients, each with its keys. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** An image of a server holds nothing that finds a stack: there is none beside it. */
const NOT_HELD = 'not-in-this-program';

const stackOf = async (stateDir: string | undefined, process: Pick<CliProcess, 'cwd' | 'env' | 'home'>) => {
  try {
    const { foundAdmin } = await import('#cli/context/found-admin.ts');
    return await foundAdmin(process, stateDir);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === NOT_HELD) return null;
    throw thrown;
  }
};

/** A client whose refused connections come with a fix: the listener was guessed, and nobody named it. */
const withFix = (client: IdentityAdmin['client'], fix: string): IdentityAdmin['client'] => ({
  request: async (request) => {
    try {
      return await client.request(request);
    } catch (cause) {
      if (!(cause instanceof AppError) || cause.code !== 'connection-refused') throw cause;
      throw new AppError(cause.code, cause.status, cause.message, { cause: cause.cause, fix });
    }
  },
});

/**
 * The admin listener of Identity that the flags name, else that of the stack of the state folder, which is that of this folder where the
 * flags name none; dispose it.
 *
 * @throws AppError `usage` where there is neither, `operator-unreadable`
 */
export const identityAdmin = async (
  flags: { readonly stateDir: string | undefined; readonly operator: string | undefined; readonly url: string | undefined },
  process: Pick<CliProcess, 'cwd' | 'env' | 'home'>,
): Promise<IdentityAdmin & AsyncDisposable> => {
  const { stateDir, operator, url } = flags;
  const start = `\`passthru up${stateDir === undefined ? '' : ` --state-dir ${shellWord(stateDir)}`}\``;
  const found = operator === undefined || stateDir !== undefined ? await stackOf(stateDir, process) : null;
  const folder = operator ?? found?.operator;
  if (folder === undefined)
    throw usageError(`--operator is missing, and there is no stack ${stateDir === undefined ? 'here' : `in ${stateDir}`}`, {
      fields: [{ field: '--operator', message: 'is missing' }],
      fix: `Name the state folder of a stack by --state-dir, or the folder with ca.pem, cli-client.pem and cli-client.key by --operator, or start a stack with ${start}.`,
    });
  const client = await operatorClient(folder, { maxBytes: PAGE_BYTES });
  const fix =
    found === null
      ? 'Name the admin listener of Identity by --url, or the state folder of its stack by --state-dir.'
      : `Start the stack with ${start}, or name another one by --state-dir, or the admin listener of Identity by --url.`;
  return {
    url: url ?? found?.identityUrl ?? IDENTITY_ADMIN_URL,
    client: url === undefined ? withFix(client, fix) : client,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
};
