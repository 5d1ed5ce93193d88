import { unreachable } from '#infra/apperr/app-error.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import { withPrintedCommands } from '#cli/settings/printed-fixes.ts';
import type { CliSettings } from '#cli/settings/settings.ts';
import { createJsonReporter } from './json.ts';
import { createPlainReporter } from './plain.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { createStructuredReporter } from './structured.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface CreateReporterOptions {
  readonly settings: CliSettings;
  readonly terminal: Terminal;
  readonly printedCommand: PrintedCommand;
  readonly process: Pick<CliProcess, 'env' | 'cwd' | 'now'>;
}

/** The reporter that settings and terminal ask for; the commands in what it tells work from where the reader is. */
export const createReporter = async (options: CreateReporterOptions): Promise<Reporter> => {
  const reporter = await wantedReporter(options);
  return {
    emit: (event) => reporter.emit(withPrintedCommands(event, options.printedCommand)),
    result: (report, shown) => reporter.result(withPrintedCommands(report, options.printedCommand), shown),
    [Symbol.dispose]: () => reporter[Symbol.dispose](),
  };
};

const wantedReporter = async ({ settings, terminal, printedCommand, process }: CreateReporterOptions): Promise<Reporter> => {
  const { env, cwd, now } = process;
  const { output, verbosity } = settings;
  const options: ReporterOptions = { verbosity, cwd, printedCommand };
  switch (output) {
    case 'human':
      if (env['GITHUB_ACTIONS'] === 'true') {
        const [summaryFile, outputFile] = [env['GITHUB_STEP_SUMMARY'], env['GITHUB_OUTPUT']];
        const { createGithubReporter } = await import('./github.ts');
        return createGithubReporter(terminal, { ...options, summaryFile, outputFile, files: settings });
      }
      // Only a terminal needs the spinner's code.
      return terminal.animated && verbosity !== 'quiet'
        ? (await import('./pretty.ts')).createPrettyReporter(terminal, { ...options, now })
        : createPlainReporter(terminal, options);
    case 'json':
      return createJsonReporter(terminal, options);
    case 'structured':
      return createStructuredReporter(terminal, { ...options, now });
    default:
      return unreachable(output);
  }
};
