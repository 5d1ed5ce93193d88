import type { CommandCall } from '#cli/command-line/command.ts';
import type { ClientCreateDocument } from '#cli/documents/client-create.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { CLIENT_CREATE_FLAGS } from '#cli/settings/operator-flags.ts';
import { createClient } from '#client/admin/identity-data.ts';
import { FLAG_OF_SECURITY_FIELD, securityOfFlags } from './client-security.ts';
import { operatorClient, operatorCommand } from './operator-command.ts';
import { originOfPassword, readPassword } from './read-password.ts';
import { refusedInput } from './refused-input.ts';

/** Grants whose name in the protocol is long. @see RFC 8628 section 3.4 */
const GRANT_TYPES: Readonly<Record<string, string>> = { device_code: 'urn:ietf:params:oauth:grant-type:device_code' };

/** `passthru client create`: an OAuth client of Identity, whose secret the caller chooses where it has one. */
export const clientCreate = (call: CommandCall<string, typeof CLIENT_CREATE_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async (flags) => {
    const { argument: id, process } = call;
    const { auth, name = id, tenant, secretFile } = flags;
    const secret =
      !auth.startsWith('client_secret_') && secretFile === undefined
        ? undefined
        : await readPassword({ file: secretFile, flag: '--secret-file', of: id, process });
    await using client = await operatorClient(flags.operator);
    await createClient({
      url: flags.url,
      client,
      registration: {
        client_id: id,
        name,
        application_type: flags.type,
        token_endpoint_auth_method: auth,
        grant_types: (flags.grant ?? []).map((grant) => GRANT_TYPES[grant] ?? grant),
        redirect_uris: flags.redirectUri ?? [],
        post_logout_redirect_uris: flags.postLogoutRedirectUri ?? [],
        cors_origins: flags.corsOrigin ?? [],
        scopes: flags.scope ?? [],
        roles: flags.role ?? [],
        token_binding: flags.tokenBinding,
        ...(flags.tokenFormat === undefined ? {} : { token_format: flags.tokenFormat }),
        ...(flags.backchannelLogoutUri === undefined ? {} : { backchannel_logout_uri: flags.backchannelLogoutUri }),
        ...(await securityOfFlags(flags, process.cwd)),
        ...(secret === undefined ? {} : { secret }),
        ...(tenant === undefined ? {} : { tenant_id: tenant }),
      },
    }).catch(
      refusedInput(call.command, {
        '/client_id': '<id>',
        '/secret': auth === 'none' ? '--secret-file' : originOfPassword('--secret-file', secretFile),
        '/name': flags.name === undefined ? '<id>' : '--name',
        '/application_type': '--type',
        '/token_endpoint_auth_method': '--auth',
        '/grant_types': '--grant',
        '/token_binding': '--token-binding',
        '/token_format': '--token-format',
        '/redirect_uris': '--redirect-uri',
        '/post_logout_redirect_uris': '--post-logout-redirect-uri',
        '/backchannel_logout_uri': '--backchannel-logout-uri',
        '/cors_origins': '--cors-origin',
        '/scopes': '--scope',
        '/tenant_id': '--tenant',
        '/roles': '--role',
        ...FLAG_OF_SECURITY_FIELD,
      }),
    );
    const document: Omit<ClientCreateDocument, 'command' | 'exit_code'> = {
      version: 1,
      client: { client_id: id, name, token_endpoint_auth_method: auth, tenant_id: tenant ?? null },
    };
    return {
      document,
      lines: [`Client  ${id} (${auth === 'none' ? 'public' : auth})`, ...(tenant === undefined ? [] : [`Tenant  ${tenant}`])],
      short: [id],
      record: { body: `made client ${id}`, attributes: { 'passthru.client.id': id } },
    };
  });
