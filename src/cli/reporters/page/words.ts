import type { Report } from '#demo/report.ts';
import { type Html, markup } from '#infra/html/html.ts';
import { printable } from '#infra/lines/printable.ts';

export type Step = Report['steps'][number];
/** Text that a service or a check said, on one line. */
export const said = (text: string): string => printable(text);

/** A sentence of ours, whose commands stand between backticks. */
export const sentence = (text: string): Html =>
  markup`${said(text)
    .split('`')
    .map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : part))}`;

/** Text of several lines: signs that would steer a terminal, or turn the direction of what is read, are left out. */
export const saidLines = (text: string): string => text.replaceAll(/[^\P{C}\n\t]/gu, '');

const MARKS = {
  passed: ['m4.5 8.5 2.5 2.5 4.5-5.5', 'Passed'],
  failed: ['m5.5 5.5 5 5m0-5-5 5', 'Failed'],
  skipped: ['M5 8h6', 'Skipped'],
} as const;

/** The mark of a status; a screen reader says its word. */
export const mark = (status: string): Html => {
  const look = status === 'passed' || status === 'failed' ? status : 'skipped';
  const [path, word] = MARKS[look];
  return markup`<svg class="mark ${look}" width="16" height="16" viewBox="0 0 16 16" role="img" aria-label="${word}"><circle cx="8" cy="8" r="8"/><path d="${path}"/></svg>`;
};

/** The sum of the times of steps, milliseconds. */
export const timeOf = (steps: readonly Step[]): number => steps.reduce((sum, step) => sum + step.duration_ms, 0);

/** `28 November 2026, 15:42:26 UTC` */
export const dateOf = (at: number): string => {
  const date = new Date(at);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, 19)} UTC`;
};

/** Anchor of a step: a fragment may hold a dot, but a selector of CSS would read it as a class. */
export const anchorOf = (id: string): string => `step-${id.replaceAll('.', '-')}`;
