import type { ChalkInstance } from 'chalk';
import { nearestFix } from '#infra/apperr/nearest-fix.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { printable } from '#infra/lines/printable.ts';
import { columnsOf, wrapText } from '../terminal/layout.ts';

export interface FailureLayout {
  readonly paint: ChalkInstance;
  readonly width: number;
  /** Columns before the text. */
  readonly indent: number;
}

/**
 * A failure and what lies beneath it, each level further in, then the nearest fix:
 *
 *     pkce-failed  the token endpoint answered 500
 *       ↳ connection-refused  localhost:8082 refuses connections
 *     fix  passthru logs identity
 */
export const failureLines = (failure: Failure, { paint, width, indent }: FailureLayout): readonly string[] => {
  const lines: string[] = [];
  const fix = nearestFix(failure);
  let depth = 0;
  for (let at: Failure | null = failure; at !== null; at = at.cause) {
    const lead = ' '.repeat(indent + depth * 2) + (depth === 0 ? '' : '↳ ');
    const hang = ' '.repeat(lead.length);
    const [first = '', ...rest] = wrapFacts(`${printable(at.code)}  ${printable(at.message)}`, width - lead.length);
    const code = printable(at.code);
    lines.push(first.startsWith(code) ? `${lead}${paint.red(code)}${first.slice(code.length)}` : lead + first);
    for (const line of rest) lines.push(hang + line);
    depth += 1;
  }
  if (fix !== '') lines.push(...fixLines(fix, { paint, width, indent }));
  return lines;
};

/** A message that is too long for a line, broken where one of its facts ends: `port 1 is taken; port 2 is taken`. */
const wrapFacts = (text: string, columns: number): readonly string[] =>
  columnsOf(text) <= columns ? [text] : text.split(/(?<=;) /).flatMap((fact) => wrapText(fact, columns));

export const fixLines = (fix: string, { paint, width, indent }: FailureLayout): readonly string[] => {
  const lead = ' '.repeat(indent);
  return wrapText(printable(fix), width - indent - 5).map((line, index) => `${lead}${index === 0 ? paint.bold('fix') : '   '}  ${line}`);
};
