import type { CommandCall } from '#cli/command-line/command.ts';
import type { AccountCreateDocument } from '#cli/documents/account-create.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { ACCOUNT_CREATE_FLAGS } from '#cli/settings/operator-flags.ts';
import { identityAccounts } from '#client/admin/identity-accounts.ts';
import { identityAdmin } from './identity-admin.ts';
import { operatorCommand } from '../operator/operator-command.ts';
import { originOfPassword, readPassword } from '../operator/read-password.ts';
import { refusedInput } from '../operator/refused-input.ts';

/** `passthru account create`: somebody who can log in at Identity. */
export const accountCreate = (call: CommandCall<string, typeof ACCOUNT_CREATE_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ passwordFile: file, tenant, name, email, role: roles = [], permission: permissions = [], ...flags }) => {
    const { argument: username, process } = call;
    const password = await readPassword({ file, flag: '--password-file', of: username, process });
    await using identity = await identityAdmin(flags, process);
    const account = { username, password, name: name ?? username, email, tenant_id: tenant, roles, permissions };
    const { id } = await identityAccounts(identity)
      .create(account)
      .catch(
        refusedInput(call.command, {
          '/username': '<username>',
          '/password': originOfPassword('--password-file', file),
          '/name': name === undefined ? '<username>' : '--name',
          '/email': '--email',
          '/tenant_id': '--tenant',
          '/roles': '--role',
          '/permissions': '--permission',
        }),
      );
    const document: Omit<AccountCreateDocument, 'command' | 'exit_code'> = {
      version: 1,
      account: { id, username, tenant_id: tenant, roles: [...roles] },
    };
    return {
      document,
      lines: [`Account  ${username} (${id})`, `Tenant   ${tenant}`, `Roles    ${roles.join(', ') || 'none'}`],
      short: [id],
      record: { body: 'made an account', attributes: { 'passthru.account.id': id } },
    };
  });
