import { unreachable } from '#infra/apperr/app-error.ts';
import type { Session } from '../session.ts';
import { createJsonReporter } from './json.ts';
import { createPlainReporter } from './plain.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { createStructuredReporter } from './structured.ts';
import { shellWord, shortPath } from './lines/summary.ts';

/** The reporter that the options and the terminal ask for. */
export const createReporter = async ({ options, terminal, surroundings }: Session): Promise<Reporter> => {
  const { cwd, now } = surroundings;
  const state = shortPath(options.stateDir, cwd);
  const reporterOptions: ReporterOptions = {
    verbosity: options.verbosity,
    cwd,
    // What npx runs is not on the PATH of the shell that called it.
    program: surroundings.env['npm_lifecycle_event'] === 'npx' ? 'npx passthru' : 'passthru',
    stackFlags: state === '.passthru' ? '' : ` --state-dir ${shellWord(state)}`,
  };
  switch (options.output) {
    case 'human':
      if (surroundings.env['GITHUB_ACTIONS'] === 'true') {
        const summaryFile = surroundings.env['GITHUB_STEP_SUMMARY'];
        return (await import('./github.ts')).createGithubReporter(terminal, { ...reporterOptions, summaryFile });
      }
      // Only a terminal needs the spinner's code.
      return terminal.animated && options.verbosity !== 'quiet'
        ? (await import('./pretty.ts')).createPrettyReporter(terminal, { ...reporterOptions, now })
        : createPlainReporter(terminal, reporterOptions);
    case 'json':
      return createJsonReporter(terminal, reporterOptions);
    case 'structured':
      return createStructuredReporter(terminal, { ...reporterOptions, now });
    default:
      return unreachable(options.output);
  }
};
