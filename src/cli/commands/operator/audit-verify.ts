import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { type KeptHead, keptHeadOf } from '#infra/audit/kept-head.ts';
import { createExportVerifier, type Fault, type Verdict, type VerifiedChain } from '#infra/audit/verify-export.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import type { AuditVerifyDocument } from '#cli/documents/audit.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import type { AUDIT_VERIFY_FLAGS } from '#cli/settings/operator-flags.ts';
import { operatorCommand } from './operator-command.ts';

/** Characters of a line; one that is longer is none of ours. */
const MAX_LINE = 1_048_576;

const unreadable = (file: string, cause: unknown): AppError =>
  new AppError('export-unreadable', 500, `${file} cannot be read: ${String(cause)}`, { cause, fix: 'Name a file that you may read.' });

/** Lines end with a line feed and with nothing else: node:readline ends them at U+2028, too, which may stand in the name of a caller. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > MAX_LINE) break;
  }
  if (rest !== '') yield rest;
}

const readKept = async (file: string | undefined): Promise<KeptHead | null> => {
  if (file === undefined) return null;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  const kept = keptHeadOf(text);
  if (kept !== null) return kept;
  throw new AppError(
    'head-invalid',
    500,
    `${file} is no head that \`passthru audit head --output json\` printed, or its signature is wrong.`,
    {
      fix: 'Name the file into which that was written.',
    },
  );
};

const placeOf = ({ line, chain, seq }: Fault): string =>
  [
    ...(line === null ? [] : [`line ${line}`]),
    ...(chain === null ? [] : [`chain ${chain}`]),
    ...(seq === null ? [] : [`record ${seq}`]),
  ].join(', ');

const ENDS = { open: 'not ended', end: 'ended', closed: 'closed by another process, because its own was gone' } as const;

const lineOfChain = ({ chain, records, signed, end }: VerifiedChain): string => {
  const unsigned = records - 1 - (signed ?? -1);
  const after = unsigned === 0 ? '' : `, ${unsigned} of them after the last signed head`;
  return `Chain   ${chain}: ${records} records${after}; ${ENDS[end]}`;
};

const linesOfVerdict = ({ holds, key, chains, faults }: Verdict, isKept: boolean): readonly string[] => [
  `Holds   ${holds ? 'yes' : 'no'}`,
  ...(key === null ? [] : [`Key     ${key}${isKept ? '' : ', which the file itself names: give --head with one that was kept'}`]),
  ...chains.map(lineOfChain),
  ...faults.map((fault) => `Fault   ${placeOf(fault)}: ${fault.what}`),
];

/** `passthru audit verify`: whether an export holds, and from where on it does not. It asks nobody. */
export const auditVerify = (call: CommandCall<string, typeof AUDIT_VERIFY_FLAGS>): Promise<ExitCode> =>
  operatorCommand(call, async ({ head }) => {
    const { argument: file } = call;
    const kept = await readKept(head);
    const verifier = createExportVerifier({ kept });
    try {
      for await (const line of linesOf(file)) verifier.take(line);
    } catch (cause) {
      throw unreadable(file, cause);
    }
    const verdict = verifier.verdict();
    const { holds, key, chains, faults } = verdict;
    const document: Omit<AuditVerifyDocument, 'command' | 'exit_code'> = {
      version: 1,
      file,
      holds,
      key,
      key_is_kept: kept !== null,
      chains: [...chains],
      faults: faults.map(({ line, chain, seq, what }) => ({ line, chain, record: seq, what })),
    };
    return {
      document,
      lines: linesOfVerdict(verdict, kept !== null),
      short: faults.map((fault) => `${placeOf(fault)}: ${fault.what}`),
      record: { body: holds ? `${file} holds` : `${file} does not hold`, failed: !holds, attributes: {} },
      exitCode: holds ? EXIT.passed : EXIT.partial,
    };
  });
