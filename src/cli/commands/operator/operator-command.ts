import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import type { CommandCall } from '#cli/command-line/command.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { createPrinter } from '#cli/reporters/create-printer.ts';
import type { TableLayout } from '#cli/reporters/lines/table.ts';
import type { CommandResult } from '#cli/reporters/printer.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { bareCommand } from '#cli/settings/printed-command.ts';
import { readFlags } from '#cli/settings/read-rows.ts';
import type { SettingRows, ValuesOf } from '#cli/settings/setting.ts';
import { isUsageError } from '#cli/settings/usage-error.ts';
import { wantedOutput } from '#cli/settings/wanted-output.ts';

/**
 * Commands of an operator make real data: tenants and accounts and clients over the admin listeners, users in realms.yml. In production
 * they run in a container beside a replica, where there is no stack and no state folder: they need neither.
 */

interface OperatorRecord {
  readonly body: string;
  readonly failed?: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What such a command says at its end. */
export interface OperatorResult {
  /** For `--output json`, without what every document has. */
  readonly document: object;
  readonly lines: readonly string[];
  /** In place of the lines where only the result is wanted; nothing when absent. */
  readonly short?: readonly string[];
  /** One line of a log, or one for each item of a list. */
  readonly record: OperatorRecord | readonly OperatorRecord[];
  /** Where the result is a bad one; passed when absent. */
  readonly exitCode?: ExitCode;
}

/** Runs the work of a command with its flags, prints its result or its failure, and answers the exit code. */
export const operatorCommand = async <A, F extends SettingRows>(
  call: CommandCall<A, F>,
  work: (flags: ValuesOf<F>, layout: TableLayout) => Promise<OperatorResult>,
): Promise<ExitCode> => {
  const { command, stated, flags, process } = call;
  const terminal = createTerminal({ ...process, color: stated['color'] === false ? false : undefined });
  const output = await wantedOutput(stated['output'], process);
  const printer = createPrinter({ command, terminal, output, printedCommand: bareCommand(process.env), now: process.now });
  try {
    const {
      document,
      lines,
      short = [],
      record,
      exitCode = EXIT.passed,
    } = await work(readFlags(flags, stated, process.cwd), { paint: terminal.paintOut });
    const result: CommandResult = {
      document: { ...document, command, exit_code: exitCode },
      lines: stated['verbosity'] === 'quiet' ? short : lines,
      records: [record].flat(),
    };
    printer.result(result);
    return exitCode;
  } catch (thrown) {
    const exitCode = isUsageError(thrown) ? EXIT.usage : EXIT.failed;
    printer.failure(failureFrom(thrown), { fields: thrown instanceof AppError ? thrown.fields : [], exitCode });
    return exitCode;
  }
};

/**
 * A client of admin listeners that shows the certificate of an operator; dispose it.
 *
 * @param folder with ca.pem, cli-client.pem and cli-client.key
 * @param options.maxBytes of an answer, as the client has it where absent
 * @throws AppError `operator-unreadable`
 */
export const operatorClient = async (folder: string, options: { readonly maxBytes?: number } = {}): Promise<HttpsClient> => {
  const [ca, cert, key] = await Promise.all(['ca.pem', 'cli-client.pem', 'cli-client.key'].map((file) => readOperator(folder, file)));
  return createHttpsClient({ ca: ca ?? '', cert: cert ?? '', key: key ?? '', ...options });
};

const readOperator = (folder: string, file: string): Promise<string> =>
  readFile(join(folder, file), 'utf8').catch((cause: Error) => {
    throw new AppError('operator-unreadable', 500, `${file} of --operator cannot be read: ${cause.message}`, {
      cause,
      fix: 'Name the folder with ca.pem, cli-client.pem and cli-client.key, as a user who may read it: `passthru prepare --profile prod` makes <out>/operator.',
    });
  });
