import { unreachable } from '#infra/apperr/app-error.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { printable } from '#infra/lines/printable.ts';
import type { ErrorDocument } from '#cli/documents/error.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import { withPrintedCommand, withPrintedCommands } from '#cli/settings/printed-fixes.ts';
import type { CliSettings } from '#cli/settings/settings.ts';
import { failureLines, fixLines } from './lines/failure-lines.ts';
import type { FailureOptions, Printer } from './printer.ts';
import { wrapText } from './terminal/layout.ts';
import { logLine } from './terminal/log-record.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface PrinterOptions {
  /** As typed, for example `demo all`. */
  readonly command: string;
  readonly terminal: Terminal;
  readonly output: CliSettings['output'];
  /** How the commands in sentences are printed. */
  readonly printedCommand: PrintedCommand;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export const createPrinter = ({ command, terminal, output, printedCommand, now }: PrinterOptions): Printer => {
  const write = (line: string): void => void terminal.out.write(`${line}\n`);
  const remark = (text: string): void => void terminal.err.write(`${withPrintedCommand(text, printedCommand)}\n`);
  return {
    result: ({ document, lines, records }) => {
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
    },
    failure: (found, options) => {
      const failure = withPrintedCommands(found, printedCommand);
      for (const line of linesOf(failure, options, command, terminal)) remark(line);
      if (options.readerOnly === true) return;
      const { exitCode } = options;
      if (output === 'json')
        write(JSON.stringify({ version: 1, command, exit_code: exitCode, error: failure } satisfies ErrorDocument, null, 2));
      if (output === 'structured') {
        const attributes = { 'error.type': failure.code, 'passthru.error.fix': failure.fix, 'passthru.exit_code': exitCode };
        write(logLine({ at: now(), severity: 'ERROR', eventName: 'passthru.error', body: failure.message, attributes }));
      }
    },
    remark,
  };
};

const linesOf = (failure: Failure, { fields = [] }: FailureOptions, command: string, { paintErr: paint, width }: Terminal) => {
  const layout = { paint, width, indent: 2 };
  const head = `${paint.red.bold(`passthru ${command}`.trim())} failed`;
  // One bad field is said by the message; of several each gets a line.
  if (fields.length < 2) return [head, ...failureLines(failure, layout)];
  return [
    head,
    ...failureLines({ ...failure, message: `${fields.length} values are wrong`, fix: '' }, layout),
    ...fields.flatMap(({ field, message }) => wrapText(`- ${printable(`${field} ${message}`)}`, width - 4).map((line) => `    ${line}`)),
    ...(failure.fix === '' ? [] : fixLines(failure.fix, layout)),
  ];
};
