import { appendFileSync } from 'node:fs';
import { phaseTitle } from '#demo/phase-title.ts';
import type { Report } from '#demo/report.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { printable } from '#infra/lines/printable.ts';
import { annotation, annotationsOf, groupCommand } from './github-commands.ts';
import { stepSummary } from './github-summary.ts';
import type { WrittenFiles } from './lines/summary.ts';
import { createPlainReporter } from './plain.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { holdOutput } from './terminal/held-output.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface GithubOptions extends ReporterOptions {
  /** Value of GITHUB_STEP_SUMMARY; undefined: no summary is wanted. */
  readonly summaryFile: string | undefined;
  /** Value of GITHUB_OUTPUT; undefined: nobody takes outputs of this step. */
  readonly outputFile: string | undefined;
  readonly files: WrittenFiles;
  readonly appendFile?: (file: string, text: string) => void;
}

/**
 * The plain transcript with a group for each phase that prints anything, an annotation for each failure and warning, a step summary, and
 * the outputs of the step.
 */
export const createGithubReporter = (terminal: Terminal, options: GithubOptions): Reporter => {
  const { summaryFile, outputFile, files, appendFile = appendFileSync } = options;
  const [out, err] = [holdOutput(terminal.out), holdOutput(terminal.err)];
  const plain = createPlainReporter({ ...terminal, out: out.stream, err: err.stream }, options);
  const command = (text: string): void => void terminal.err.write(`${text}\n`);
  let phase: string | null = null;
  let grouped: string | null = null;
  const endGroup = (): void => {
    if (grouped !== null) command('::endgroup::');
    grouped = null;
  };
  const group = (): void => {
    if (phase === null || phase === grouped) return;
    endGroup();
    grouped = phase;
    command(groupCommand(phaseTitle(phase)));
  };
  const append = (file: string | undefined, what: string, text: string): void => {
    if (file === undefined || file === '') return;
    try {
      appendFile(file, text);
    } catch (error) {
      // The run is what it is; only a page about it is missing.
      command(annotation('warning', 'passthru', [`the ${what} could not be written: ${failureFrom(error).message}`]));
    }
  };
  return {
    emit: (event) => {
      if (event.type === 'step-started') ({ phase } = event.step);
      if (event.type === 'run-finished') {
        endGroup();
        phase = null;
      }
      plain.emit(event);
      err.flush(group);
      for (const text of annotationsOf(event)) command(text);
    },
    result: (report, shown) => {
      endGroup();
      plain.result(report, shown);
      out.flush();
      append(summaryFile, 'step summary', stepSummary(report, files, options.cwd));
      append(outputFile, 'outputs of the step', outputsOf(report, files));
    },
    [Symbol.dispose]: endGroup,
  };
};

/** For `steps.<id>.outputs` of later steps; a value is one line, so that none can add another output. */
const outputsOf = ({ outcome, endpoints, ca_file }: Report, { report = '', junit = '', evidence = '' }: WrittenFiles): string =>
  Object.entries({
    outcome,
    'kms-url': new URL(endpoints.kms.service).origin,
    'kms-api-url': endpoints.kms.service,
    issuer: endpoints.identity.issuer,
    'ca-file': ca_file,
    report,
    junit,
    evidence,
  })
    .map(([name, value]) => `${name}=${printable(value)}\n`)
    .join('');
