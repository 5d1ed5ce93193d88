import { identityClients } from '#client/admin/identity-clients.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { ClientCreateDocument } from '#cli/documents/client-create.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { CLIENT_CREATE_FLAGS } from '#cli/settings/operator-flags.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { identityAdmin } from './identity-admin.ts';
import { operatorCommand } from '../operator/operator-command.ts';
import { originOfPassword, readPassword } from '../operator/read-password.ts';
import { refusedInput } from '../operator/refused-input.ts';
import { openSecretOut } from './secret-out.ts';
import { FLAG_OF_CLIENT_FIELD, fieldsOfFlags } from './client-fields.ts';

/** `passthru client create`: an OAuth client of Identity, which makes its secret where the caller gives none. */
export const clientCreate = (call: CommandCall<string, typeof CLIENT_CREATE_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ tenant, secretFile, secretOut, ...flags }) => {
    const { argument: id, process } = call;
    const { auth, name = id } = flags;
    if (secretOut !== undefined && (secretFile !== undefined || !auth.startsWith('client_secret_')))
      throw usageError('--secret-out is for a secret that Identity makes, and it makes none here', { fix: 'Leave it out.' });
    const secret = secretFile === undefined ? undefined : await readPassword({ file: secretFile, flag: '--secret-file', of: id, process });
    const fields = await fieldsOfFlags({ ...flags, name }, process.cwd);
    await using out = secretOut === undefined ? null : await openSecretOut(secretOut, process.cwd);
    await using identity = await identityAdmin(flags, process);
    const made = await identityClients(identity)
      .create({
        client_id: id,
        ...fields,
        ...(secret === undefined ? {} : { secret }),
        ...(tenant === undefined ? {} : { tenant_id: tenant }),
      })
      .catch(
        refusedInput(call.command, {
          ...FLAG_OF_CLIENT_FIELD,
          ...(flags.name === undefined ? { '/name': '<id>' } : {}),
          '/client_id': '<id>',
          '/secret': auth === 'none' ? '--secret-file' : originOfPassword('--secret-file', secretFile),
          '/tenant_id': '--tenant',
        }),
      );
    if (made.client_secret !== undefined) await out?.write(made.client_secret, `passthru client rotate-secret ${id}`);
    const shown = out === null ? (made.client_secret ?? null) : null;
    const document: Omit<ClientCreateDocument, 'command' | 'exit_code'> = {
      version: 1,
      client: { client_id: id, name, token_endpoint_auth_method: auth, tenant_id: tenant ?? null },
      client_secret: shown,
      secret_file: secretOut ?? null,
      warnings: [...made.warnings],
    };
    return {
      document,
      lines: [
        `Client  ${id} (${auth === 'none' ? 'public' : auth})`,
        ...(tenant === undefined ? [] : [`Tenant  ${tenant}`]),
        ...(shown === null ? [] : [`Secret  ${shown}`, 'It is shown this once.']),
        ...(secretOut === undefined ? [] : [`Secret  in ${secretOut}`]),
        ...made.warnings.map((warning) => `! ${warning}`),
      ],
      short: [id, ...(shown === null ? [] : [shown])],
      record: { body: `made client ${id}`, attributes: { 'passthru.client.id': id } },
    };
  });
