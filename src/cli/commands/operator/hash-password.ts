import { createPasswords } from '#infra/secrets/passwords.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { HashPasswordDocument } from '#cli/documents/hash-password.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { HASH_PASSWORD_FLAGS } from '#cli/settings/operator-flags.ts';
import { operatorCommand } from './operator-command.ts';
import { readPassword } from './read-password.ts';

/** `passthru hash-password`: a hash of a password as the KMS and Identity store one. */
export const hashPassword = (call: CommandCall<undefined, typeof HASH_PASSWORD_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ passwordFile: file }) => {
    const password = await readPassword({ file, flag: '--password-file', of: 'the user', process: call.process });
    const hash = await createPasswords().hash(password);
    const document: Omit<HashPasswordDocument, 'command' | 'exit_code'> = { version: 1, hash };
    return {
      document,
      lines: [hash],
      short: [hash],
      record: { body: 'hashed a password', attributes: { 'passthru.password.hash': hash } },
    };
  });
