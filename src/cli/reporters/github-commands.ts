import type { DemoEvent } from '#demo/events.ts';
import { nearestFix } from '#infra/apperr/nearest-fix.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { printable } from '#infra/lines/printable.ts';

/** @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

export const groupCommand = (title: string): string => `::group::${data(printable(title))}`;

/** A line of the page of the workflow, and on it; each line of `lines` is one there, whatever stands in it. */
export const annotation = (level: 'error' | 'warning', title: string, lines: readonly string[]): string =>
  `::${level} title=${property(printable(title))}::${data(lines.map(printable).join('\n'))}`;

/** The annotations that an event is worth: a failure with its causes and its fix, a warning, the root cause. */
export const annotationsOf = (event: DemoEvent): readonly string[] => {
  switch (event.type) {
    case 'run-started':
      return event.engineIsFallback ? [annotation('warning', 'passthru', [`engine ${event.engine}: ${event.engineReason}`])] : [];
    case 'warning':
      return [annotation('warning', 'passthru', [event.text])];
    case 'root-cause':
      return [annotation('error', 'Root cause', [event.line, ...fixLine(event.fix)])];
    case 'step-finished':
      return event.error === null ? [] : [annotation('error', event.stepId, [...causes(event.error), ...fixLine(nearestFix(event.error))])];
    default:
      return [];
  }
};

const causes = ({ code, message, cause }: Failure): readonly string[] => [
  `${code}: ${message}`,
  ...(cause === null ? [] : causes(cause).map((line) => (line.startsWith('↳') ? line : `↳ ${line}`))),
];

const fixLine = (fix: string): readonly string[] => (fix === '' ? [] : [`Fix: ${fix}`]);
