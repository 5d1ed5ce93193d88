import { appendFileSync } from 'node:fs';
import type { DemoEvent } from '#demo/events.ts';
import type { Report } from '#demo/report.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { formatDuration } from './terminal/layout.ts';
import { createPlainReporter } from './plain.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { holdOutput } from './terminal/held-output.ts';
import { printable, type Terminal } from './terminal/terminal.ts';

export interface GithubOptions extends ReporterOptions {
  /** Value of GITHUB_STEP_SUMMARY; undefined: no summary is wanted. */
  readonly summaryFile: string | undefined;
  readonly appendFile?: (file: string, text: string) => void;
}

/** @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** The plain transcript with a group for each phase that prints anything, an annotation for each failure and warning, and a step summary. */
export const createGithubReporter = (terminal: Terminal, options: GithubOptions): Reporter => {
  const { summaryFile, appendFile = appendFileSync } = options;
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
    command(`::group::${data(phase)}`);
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
      for (const text of annotations(event)) command(text);
    },
    result: (report, shown) => {
      endGroup();
      plain.result(report, shown);
      out.flush();
      if (summaryFile === undefined || summaryFile === '') return;
      const summary = summaryOf(report);
      try {
        appendFile(summaryFile, summary);
      } catch (error) {
        // The run is what it is; only a page about it is missing.
        command(`::warning title=passthru::${data(printable(`the step summary could not be written: ${failureFrom(error).message}`))}`);
      }
    },
    [Symbol.dispose]: endGroup,
  };
};

const annotations = (event: DemoEvent): readonly string[] => {
  if (event.type === 'root-cause') return [`::error title=Root cause::${data(`${printable(event.line)}\n${printable(event.fix)}`)}`];
  if (event.type === 'run-started' && event.engineIsFallback)
    return [`::warning title=passthru::${data(printable(`engine ${event.engine}: ${event.engineReason}`))}`];
  if (event.type === 'warning') return [`::warning title=passthru::${data(printable(event.text))}`];
  if (event.type !== 'step-finished' || event.error === null) return [];
  const { code, message } = event.error;
  return [`::error title=${property(printable(event.stepId))}::${data(printable(`${code}: ${message}`))}`];
};

const cell = (text: string): string => printable(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;');

const MARKS: Readonly<Record<string, string>> = { passed: '✅', failed: '❌', skipped: '⏭️' };

/** Markdown for the page of the workflow run. */
const summaryOf = (report: Report): string => {
  const rows = report.steps.map(({ id, title, status, checks, duration_ms, error }) => {
    const passed = checks.filter((check) => check.status === 'passed').length;
    const said = error === null ? `${passed} of ${checks.length} checks` : `\`${cell(error.code)}\` ${cell(error.message)}`;
    return `| ${MARKS[status] ?? ''} | ${cell(title)} (${cell(id)}) | ${said} | ${formatDuration(duration_ms)} |`;
  });
  const head = `### passthru ${cell(report.command)}: ${report.outcome} in ${formatDuration(report.duration_ms)}`;
  return [head, '', '| | Step | | Time |', '|---|---|---|---|', ...rows, ''].join('\n');
};
