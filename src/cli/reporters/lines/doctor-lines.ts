import type { ChalkInstance } from 'chalk';
import { printable } from '#infra/lines/printable.ts';
import type { Examined } from '#stack/doctor/examine.ts';
import { columnsOf, pad, wrapText } from '../terminal/layout.ts';
import { fixLines } from './failure-lines.ts';

export interface DoctorLayout {
  readonly paint: ChalkInstance;
  readonly width: number;
  /** Only what is wrong. */
  readonly onlyBad: boolean;
}

type Result = Examined['finding']['result'];

const MARKS: Readonly<Record<Result, string>> = { ok: '✓', warning: '!', fault: '✗', 'not-checked': '-' };

/** A line for each check, below it the fix of what is wrong, and at the end whether a demo would go well. */
export const doctorLines = (found: readonly Examined[], { paint, width, onlyBad }: DoctorLayout): readonly string[] => {
  const colors = { ok: paint.green, warning: paint.yellow, fault: paint.red, 'not-checked': paint.dim } as const;
  const titleColumns = Math.max(...found.map(({ title }) => columnsOf(title)));
  const indent = titleColumns + 4;
  const shown = found.filter(({ finding: { result } }) => !onlyBad || result === 'fault' || result === 'warning');
  return [
    ...shown.flatMap(({ title, finding }) => {
      const said = finding.result === 'not-checked' ? `not checked: ${finding.text}` : finding.text;
      const [first = '', ...rest] = wrapText(printable(said), width - indent);
      return [
        `${colors[finding.result](MARKS[finding.result])} ${pad(title, titleColumns)}  ${first}`,
        ...rest.map((line) => ' '.repeat(indent) + line),
        ...('fix' in finding && finding.fix !== '' ? fixLines(finding.fix, { paint, width, indent }) : []),
      ];
    }),
    ...(onlyBad ? [] : ['', verdict(found)]),
  ];
};

const verdict = (found: readonly Examined[]): string => {
  const count = (result: Result): number => found.filter(({ finding }) => finding.result === result).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  const noted = warnings === 0 ? '' : ` (${warnings} ${warnings === 1 ? 'warning' : 'warnings'})`;
  return faults === 0
    ? `Nothing stands in the way of a demo${noted}.`
    : `A demo would fail: ${faults} ${faults === 1 ? 'fault' : 'faults'}${noted}.`;
};
