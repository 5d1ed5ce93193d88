import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { TenantCreateDocument } from '#cli/documents/tenant-create.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { createPrinter } from '#cli/reporters/create-printer.ts';
import type { Printer } from '#cli/reporters/printer.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { bareCommand } from '#cli/settings/printed-command.ts';
import type { TENANT_CREATE_FLAGS } from '#cli/settings/command-flags.ts';
import { readFlags } from '#cli/settings/read-rows.ts';
import { isUsageError } from '#cli/settings/usage-error.ts';
import { wantedOutput } from '#cli/settings/wanted-output.ts';
import { createTenant } from '#client/admin/tenants.ts';

// In production it runs in a container beside a replica, where there is no stack and no state folder: it asks for neither.

/** Random bytes of a password: 144 bits, 24 characters of base64url. */
const PASSWORD_BYTES = 18;

/** `passthru tenant create`: a tenant of the KMS and its first administrator, whose password is made here and printed once. */
export const tenantCreate = async (call: CommandCall<string, typeof TENANT_CREATE_FLAGS>): Promise<ExitCode> => {
  const { command, stated, process } = call;
  const terminal = createTerminal({ ...process, color: stated['color'] === false ? false : undefined });
  const output = await wantedOutput(stated['output'], process);
  const printer = createPrinter({ command, terminal, output, printedCommand: bareCommand(process.env), now: process.now });
  try {
    return await create(call, printer);
  } catch (thrown) {
    const exitCode = isUsageError(thrown) ? EXIT.usage : EXIT.failed;
    printer.failure(failureFrom(thrown), { fields: thrown instanceof AppError ? thrown.fields : [], exitCode });
    return exitCode;
  }
};

const create = async (
  { command, argument: name, flags, stated, process }: CommandCall<string, typeof TENANT_CREATE_FLAGS>,
  printer: Printer,
): Promise<ExitCode> => {
  const { operator, url, administrator: username } = readFlags(flags, stated, process.cwd);
  const [ca, cert, key] = await Promise.all(['ca.pem', 'cli-client.pem', 'cli-client.key'].map((file) => readOperator(operator, file)));
  await using client = createHttpsClient({ ca: ca ?? '', cert: cert ?? '', key: key ?? '' });
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const { id, administrator } = await createTenant({ url, client, name, administrator: { username, password } });
  const document: TenantCreateDocument = {
    version: 1,
    command,
    exit_code: EXIT.passed,
    tenant: { id, name },
    administrator: { username, password, roles: [...administrator.roles] },
  };
  const lines = [
    `Tenant         ${name} (${id})`,
    `Administrator  ${username} (${administrator.roles.join(', ')})`,
    `Password       ${password}`,
    '',
    'The password is told here alone: the KMS keeps a hash of it.',
  ];
  const quiet = stated['verbosity'] === 'quiet';
  // A log is no place for a password.
  const records = [{ body: `made tenant ${name}`, attributes: { 'passthru.tenant.id': id } }];
  printer.result({ document, lines: quiet ? [password] : lines, records });
  return EXIT.passed;
};

const readOperator = (folder: string, file: string): Promise<string> =>
  readFile(join(folder, file), 'utf8').catch((cause: Error) => {
    throw new AppError('operator-unreadable', 500, `${file} of --operator cannot be read: ${cause.message}`, {
      cause,
      fix: 'Name the folder with ca.pem, cli-client.pem and cli-client.key, as a user who may read it: `passthru prepare --profile prod` makes <out>/operator.',
    });
  });
