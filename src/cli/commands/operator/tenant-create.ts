import type { CommandCall } from '#cli/command-line/command.ts';
import type { TenantCreateDocument } from '#cli/documents/tenant-create.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { TENANT_CREATE_FLAGS } from '#cli/settings/operator-flags.ts';
import { createTenant } from '#client/admin/tenants.ts';
import { operatorClient, operatorCommand } from './operator-command.ts';
import { originOfPassword, readPassword } from './read-password.ts';
import { refusedInput } from './refused-input.ts';

/** `passthru tenant create`: a tenant of the KMS and its first administrator, whose password the caller chooses. */
export const tenantCreate = (call: CommandCall<string, typeof TENANT_CREATE_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url, administrator: username, passwordFile: file }) => {
    const { argument: name, process } = call;
    const password = await readPassword({ file, flag: '--password-file', of: username, process });
    await using client = await operatorClient(operator);
    const { id, administrator, isNew } = await createTenant({ url, client, name, administrator: { username, password } }).catch(
      refusedInput(call.command, {
        '/name': '<name>',
        '/administrator/username': '--administrator',
        '/administrator/password': originOfPassword('--password-file', file),
      }),
    );
    const document: Omit<TenantCreateDocument, 'command' | 'exit_code'> = {
      version: 2,
      tenant: { id, name },
      administrator: { username, roles: [...administrator.roles] },
      made: isNew,
    };
    return {
      document,
      lines: [
        `Tenant         ${name} (${id})`,
        `Administrator  ${username} (${administrator.roles.join(', ')})`,
        ...(isNew ? [] : ['Both were there already, with this password.']),
      ],
      short: [id],
      record: { body: `${isNew ? 'made' : 'found'} tenant ${name}`, attributes: { 'passthru.tenant.id': id } },
    };
  });
