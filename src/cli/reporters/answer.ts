import { type FieldIssue, unreachable } from '#infra/apperr/app-error.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { failureLines, fixLines } from './lines/failure-lines.ts';
import { wrapText } from './terminal/layout.ts';
import { type LogAttributes, logLine } from './terminal/log-record.ts';
import { printable, type Terminal } from './terminal/terminal.ts';

export type Output = 'human' | 'json' | 'structured';

export interface Answer {
  /** As typed, for example `status`. */
  readonly command: string;
  /** For `--output json`. */
  readonly document: object;
  /** For a reader. */
  readonly lines: readonly string[];
  /** For `--output structured`: one record each. */
  readonly records: readonly { readonly body: string; readonly failed?: boolean; readonly attributes: LogAttributes }[];
}

/** The answer of a command to stdout, in the form that was asked for. */
export const answer = (
  { command, document, lines, records }: Answer,
  { terminal, output, now }: { readonly terminal: Terminal; readonly output: Output; readonly now: () => number },
): void => {
  const write = (line: string): void => void terminal.out.write(`${line}\n`);
  switch (output) {
    case 'human':
      return lines.forEach(write);
    case 'json':
      return write(JSON.stringify(document, null, 2));
    case 'structured':
      return records.forEach(({ body, failed = false, attributes }) =>
        write(logLine({ at: now(), severity: failed ? 'ERROR' : 'INFO', eventName: `passthru.${command}`, body, attributes })),
      );
    default:
      return unreachable(output);
  }
};

/** What went wrong, to stderr for a reader; for a program also as a document or record on stdout. */
export const tellFailure = (
  { command, failure, fields, exitCode }: { command: string; failure: Failure; fields: readonly FieldIssue[]; exitCode: number },
  { terminal, output, now }: { readonly terminal: Terminal; readonly output: Output; readonly now: () => number },
): void => {
  const { paintErr: paint, width } = terminal;
  const layout = { paint, width, indent: 2 };
  // One bad field is said by the message; of several each gets a line.
  const several = fields.length > 1;
  const lines = several
    ? [
        ...failureLines({ ...failure, message: `${fields.length} values are wrong`, fix: '' }, layout),
        ...fields.flatMap(({ field, message }) =>
          wrapText(`- ${printable(`${field} ${message}`)}`, width - 4).map((line) => `    ${line}`),
        ),
        ...(failure.fix === '' ? [] : fixLines(failure.fix, layout)),
      ]
    : failureLines(failure, layout);
  for (const line of [`${paint.red.bold(`passthru ${command}`.trim())} failed`, ...lines]) terminal.err.write(`${line}\n`);
  if (output === 'json') terminal.out.write(`${JSON.stringify({ version: 1, command, exit_code: exitCode, error: failure }, null, 2)}\n`);
  if (output === 'structured') {
    const attributes = { 'error.type': failure.code, 'passthru.error.fix': failure.fix, 'passthru.exit_code': exitCode };
    terminal.out.write(`${logLine({ at: now(), severity: 'ERROR', eventName: 'passthru.error', body: failure.message, attributes })}\n`);
  }
};

/** A remark on stderr. */
export const tell = (terminal: Terminal, text: string): void => void terminal.err.write(`${text}\n`);
