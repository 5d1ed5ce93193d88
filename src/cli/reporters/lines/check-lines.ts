import type { ChalkInstance } from 'chalk';
import type { Check } from '#demo/events.ts';
import { isRefusal } from '#demo/refusal.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { printable } from '#infra/lines/printable.ts';
import { failureLines, type FailureLayout } from './failure-lines.ts';
import { cut, wrapItems, wrapText } from '../terminal/layout.ts';

export interface CheckLayout {
  readonly paint: ChalkInstance;
  readonly width: number;
}

/** `A wrong verifier` as it stands in a list: `wrong verifier`. */
const refused = ({ title }: Check): string =>
  title.replace(/^(an?|the) /i, '').replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());

/** The failed checks above say already what a `check-failed` says; only what lies beneath it is new. */
export const errorLines = (error: Failure | null, failedChecks: number, layout: FailureLayout): readonly string[] => {
  const shown = error?.code === 'check-failed' && failedChecks > 0 ? error.cause : error;
  return shown === null ? [] : failureLines(shown, layout);
};

export const failedText = (all: number, failed: number): string => (failed === 0 ? '' : `${failed} of ${all} checks failed`);

export const refusedLines = (checks: readonly Check[], indent: number, { paint, width }: CheckLayout): readonly string[] => {
  const lead = 'refused: ';
  const columns = width - indent - 2 - lead.length;
  const refusals = checks.filter((check) => check.status === 'passed' && isRefusal(check));
  const titles = refusals.map((check) => cut(printable(refused(check)), columns));
  return wrapItems(titles, { separator: ' · ', columns }).map(
    (line, index) => `${' '.repeat(indent)}${index === 0 ? `${paint.green('✓')} ${lead}` : ' '.repeat(2 + lead.length)}${line}`,
  );
};

export const passedLine = (check: Check, indent: number, { paint, width }: CheckLayout): string => {
  const text = `${check.title} (${check.got})`;
  return `${' '.repeat(indent)}${paint.green('✓')} ${cut(printable(text), width - indent - 2)}`;
};

export const failedLines = (check: Check, indent: number, { paint, width }: CheckLayout): readonly string[] => {
  const text = `${check.title}: expected ${check.expected}, got ${check.got}`;
  return wrapText(printable(text), width - indent - 2).map(
    (line, index) => `${' '.repeat(indent)}${index === 0 ? paint.red('✗') : ' '} ${line}`,
  );
};
