import { identityClients } from '#client/admin/identity-clients.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { CLEARED_FIELDS, CLEARED_LISTS, type CLIENT_CHANGE_FLAGS } from '#cli/settings/client-change-flags.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { identityAdmin } from './identity-admin.ts';
import { operatorCommand } from '../operator/operator-command.ts';
import { refusedInput } from '../operator/refused-input.ts';
import { FLAG_OF_CLIENT_FIELD, fieldsOfFlags } from './client-fields.ts';
import { displaced } from './client-security.ts';
import { changedClient } from './shown-client.ts';

/** `passthru client change`: what the flags name, and nothing else. */
export const clientChange = (call: CommandCall<string, typeof CLIENT_CHANGE_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ clear = [], ifMatch, ...flags }) => {
    const cleared = clear.map((name) => CLEARED_FIELDS[name]);
    const stated = await fieldsOfFlags(flags, call.process.cwd);
    const changes = {
      ...displaced(stated),
      ...stated,
      ...Object.fromEntries(cleared.map((field) => [field, CLEARED_LISTS.includes(field) ? [] : null])),
    };
    if (Object.keys(changes).length === 0)
      throw usageError('there is nothing to change', { fix: 'Name what changes, --name or --redirect-uri for example.' });
    await using identity = await identityAdmin(flags, call.process);
    const changed = identityClients(identity).change(call.argument, changes, ifMatch);
    const origins = { ...FLAG_OF_CLIENT_FIELD, 'path/client_id': '<id>', 'header/if-match': '--if-match' };
    return changedClient(await changed.catch(refusedInput(call.command, origins)), 'changed');
  });
