import type { Report } from '#demo/report.ts';
import { nearestFix } from '#infra/apperr/nearest-fix.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { printable } from '#infra/lines/printable.ts';
import { shortPath } from '#cli/shell/words.ts';
import type { WrittenFiles } from './lines/summary.ts';
import { formatDuration } from './terminal/layout.ts';

const MARKS: Readonly<Record<string, string>> = { passed: '✅', partial: '❌', failed: '❌', skipped: '⏭️' };

/** Markdown for the page of the workflow run: the outcome, all that failed with cause and fix, every step, and where more is to be read. */
export const stepSummary = (report: Report, files: WrittenFiles, cwd: string): string => {
  const { command, outcome, duration_ms, steps, engine, profile } = report;
  const checks = steps.flatMap((step) => step.checks);
  const passed = steps.filter(({ status }) => status === 'passed').length;
  return [
    `### ${MARKS[outcome] ?? ''} passthru ${escaped(command)}: ${outcome} in ${formatDuration(duration_ms)}`,
    '',
    `${passed} of ${steps.length} steps passed, ${checks.length} checks · engine ${engine} · profile ${escaped(profile)}`,
    '',
    ...failures(report),
    '| | Step | | Time |',
    '|---|---|---|---|',
    ...steps.map(row),
    '',
    ...places(files, cwd),
  ].join('\n');
};

const row = ({ id, title, status, checks, duration_ms, error, detail }: Report['steps'][number]): string => {
  const passed = checks.filter((check) => check.status === 'passed').length;
  const said = error === null ? (status === 'skipped' ? escaped(detail) : `${passed} of ${checks.length} checks`) : failureText(error);
  return `| ${MARKS[status] ?? ''} | ${escaped(title)} (${escaped(id)}) | ${said} | ${formatDuration(duration_ms)} |`;
};

/** The root cause first: most other failures follow from it. */
const failures = ({ root_cause, steps, warnings }: Report): readonly string[] => [
  ...(root_cause === null ? [] : [`> **Root cause** ${sentence(root_cause.line)}`, ...quotedFix(root_cause.fix), '']),
  ...steps.filter(({ status }) => status === 'failed').flatMap(failedStep),
  ...(warnings.length === 0 ? [] : [...warnings.map(({ text }) => `- ⚠️ ${sentence(text)}`), '']),
];

const quotedFix = (fix: string): readonly string[] => (fix === '' ? [] : ['>', `> **Fix** ${sentence(fix)}`]);

const failedStep = ({ title, checks, error }: Report['steps'][number]): readonly string[] => {
  const failed = checks.filter(({ status }) => status === 'failed');
  const own = error?.code === 'check-failed' && failed.length > 0 ? error.cause : error;
  const fix = nearestFix(error);
  return [
    `#### ❌ ${escaped(title)}`,
    '',
    ...failed.map((check) => `- ${escaped(check.title)}: expected ${code(check.expected)}, got ${code(check.got)}`),
    ...causes(own).map((line, depth) => `${'  '.repeat(depth)}- ${line}`),
    ...(fix === '' ? [] : [`- **Fix** ${sentence(fix)}`]),
    '',
  ];
};

const causes = (error: Failure | null): readonly string[] => (error === null ? [] : [failureText(error), ...causes(error.cause)]);

const failureText = ({ code: stable, message }: Failure): string => `${code(stable)} ${sentence(message)}`;

const places = ({ report, junit, evidence }: WrittenFiles, cwd: string): readonly string[] => {
  const named = Object.entries({ Report: report, JUnit: junit, Evidence: evidence }).flatMap(([name, path]) =>
    path === undefined ? [] : [`${name} ${code(shortPath(path, cwd))}`],
  );
  return named.length === 0 ? [] : [named.join(' · '), ''];
};

/** Text from elsewhere as text: no link, no picture, no mention of a person, no cell of a table. */
const escaped = (text: string): string =>
  printable(text)
    .replaceAll(/[\\`*_{}[\]|#!~>]/g, '\\$&')
    .replaceAll('<', '&lt;')
    .replaceAll('@', '&#64;')
    .replaceAll('://', '&#58;//')
    .replaceAll(/www\./gi, (host) => host.replace('.', '&#46;'));

/** In a code span a backtick cannot be escaped, and a bar ends the cell of a table all the same. */
const code = (text: string): string => {
  const plain = printable(text).replaceAll('`', "'").replaceAll('|', '\\|');
  return plain === '' ? '*nothing*' : `\`${plain}\``;
};

/** A sentence whose commands stand between backticks, as they do in ours. */
const sentence = (text: string): string => {
  const parts = text.split('`');
  return parts.length % 2 === 0 ? escaped(text) : parts.map((part, at) => (at % 2 === 1 ? code(part) : escaped(part))).join('');
};
