import type { CommandCall } from '#cli/command-line/command.ts';
import type { IssuerKeysFlushDocument } from '#cli/documents/issuer-keys.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { ISSUER_KEYS_FLAGS } from '#cli/settings/operator-flags.ts';
import { flushIssuerKeys } from '#client/admin/issuer-keys.ts';
import { operatorClient, operatorCommand } from './operator-command.ts';

/** `passthru issuer-keys flush`: a KMS forgets by which keys it verifies tokens, and asks their issuers. */
export const issuerKeysFlush = (call: CommandCall<unknown, typeof ISSUER_KEYS_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }) => {
    await using client = await operatorClient(operator);
    const issuers = await flushIssuerKeys({ url, client });
    const document: Omit<IssuerKeysFlushDocument, 'command' | 'exit_code'> = { version: 1, issuers: [...issuers] };
    return {
      document,
      lines: issuers.map(({ issuer, keys, cause }) => `${issuer}  ${cause === null ? `${keys} keys` : `no keys: ${cause}`}`),
      short: issuers.map(({ issuer }) => issuer),
      record: { body: `flushed the keys of ${issuers.length} issuers`, attributes: {} },
    };
  });
