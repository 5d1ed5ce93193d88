import { identityClients } from '#client/admin/identity-clients.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { ClientListDocument, ClientShowDocument } from '#cli/documents/clients.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { IDENTITY_ADMIN_FLAGS } from '#cli/settings/identity-admin-flags.ts';
import { identityAdmin } from './identity-admin.ts';
import { operatorCommand } from '../operator/operator-command.ts';
import { refusedInput } from '../operator/refused-input.ts';
import { changedClient, clientTable, linesOfClient, recordOfClient } from './shown-client.ts';

type Call<A> = CommandCall<A, typeof IDENTITY_ADMIN_FLAGS>;
type Own<D> = Omit<D, 'command' | 'exit_code'>;

const ORIGINS = { 'path/client_id': '<id>' };

/** `passthru client list`: all clients, those of the configuration and of the demo, too. */
export const clientList = (call: Call<undefined>): Promise<ExitCode> =>
  operatorCommand(call, async (flags, layout) => {
    await using identity = await identityAdmin(flags, call.process);
    const clients = await identityClients(identity).list();
    const document: Own<ClientListDocument> = { version: 1, clients: [...clients] };
    return {
      document,
      lines: clients.length === 0 ? ['No clients.'] : clientTable(clients, layout),
      short: clients.map(({ client_id: id }) => id),
      record: clients.map((client) => recordOfClient(client, `client ${client.client_id}`)),
    };
  });

/** `passthru client show`: all that a client is, and its etag. */
export const clientShow = (call: Call<string>): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    await using identity = await identityAdmin(flags, call.process);
    const { client, etag } = await identityClients(identity).read(call.argument).catch(refusedInput(call.command, ORIGINS));
    const document: Own<ClientShowDocument> = { version: 1, client, etag };
    return {
      document,
      lines: [...linesOfClient(client), '', `etag  ${etag}`],
      short: linesOfClient(client),
      record: recordOfClient(client, `client ${client.client_id}`),
    };
  });

const setDisabled =
  (disabled: boolean) =>
  (call: Call<string>): Promise<ExitCode> =>
    operatorCommand(call, async (flags) => {
      await using identity = await identityAdmin(flags, call.process);
      const clients = identityClients(identity);
      await clients.setDisabled(call.argument, disabled).catch(refusedInput(call.command, ORIGINS));
      return changedClient((await clients.read(call.argument)).client, disabled ? 'disabled' : 'enabled');
    });

/** `passthru client disable`: it is nobody, and its tokens end. */
export const clientDisable = setDisabled(true);
/** `passthru client enable` */
export const clientEnable = setDisabled(false);

/** `passthru client remove`: with all that it was granted. */
export const clientRemove = (call: Call<string>): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    await using identity = await identityAdmin(flags, call.process);
    const clients = identityClients(identity);
    const { client } = await clients.read(call.argument).catch(refusedInput(call.command, ORIGINS));
    await clients.remove(call.argument);
    return changedClient(client, 'removed');
  });
