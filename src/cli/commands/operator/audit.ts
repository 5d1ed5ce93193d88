import { AppError } from '#infra/apperr/app-error.ts';
import { objectOf } from '#infra/audit/lines.ts';
import { thumbprintOf } from '#infra/audit/signed-lines.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { AuditExportDocument, AuditHeadDocument } from '#cli/documents/audit.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import type { AUDIT_FLAGS } from '#cli/settings/operator-flags.ts';
import { auditHead, auditLines } from '#client/admin/audit.ts';
import { operatorClient, operatorCommand } from './operator-command.ts';

/** Bytes of the longest page of an export. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** `passthru audit head`: how far the audit of a KMS has come, to be kept where the owner of its database cannot change it. */
export const auditHeadCommand = (call: CommandCall<unknown, typeof AUDIT_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }) => {
    await using client = await operatorClient(operator);
    const { line, public_key: publicKey } = await auditHead({ url, client });
    const document: Omit<AuditHeadDocument, 'command' | 'exit_code'> = { version: 1, line, public_key: publicKey };
    const head = line === null ? null : objectOf(line);
    const where = head === null ? 'no record yet' : `record ${String(head['seq'])} of chain ${String(head['chain'])}`;
    return {
      document,
      lines: [`Head  ${where}`, `Key   ${thumbprintOf(publicKey)}`],
      short: line === null ? [] : [line],
      record: { body: `the audit has come to ${where}`, attributes: {} },
    };
  });

/** `passthru audit export`: all chains of the audit, into a file. */
export const auditExport = (call: CommandCall<string, typeof AUDIT_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ operator, url }) => {
    const { argument: file } = call;
    await using client = await operatorClient(operator, { maxBytes: PAGE_BYTES });
    let lines = 0;
    const pages = auditLines({ url, client });
    const counted = async function* (): AsyncGenerator<string> {
      for await (const page of pages) {
        lines += page.split('\n').length - 1;
        yield page;
      }
    };
    await writeFileAtomic(file, counted(), { mode: 0o600 }).catch((cause: unknown) => {
      if (cause instanceof AppError) throw cause;
      throw new AppError('export-unwritten', 500, `${file} cannot be written: ${String(cause)}`, {
        cause,
        fix: 'Name a file in a folder that you may write, on a disk with room for it.',
      });
    });
    const document: Omit<AuditExportDocument, 'command' | 'exit_code'> = { version: 1, file, lines };
    return {
      document,
      lines: [`Export  ${file}, ${lines} lines`],
      short: [file],
      record: { body: `exported ${lines} lines of the audit`, attributes: {} },
    };
  });
