import { describe, expect, it } from 'vitest';
import { passingLine } from '#cli/reporters/passing-line.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import type { DemoEvent } from '#demo/events.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

const step = { id: 'bring-up.kms', phase: 'bring-up', title: 'KMS', needs: [] };
const EVENTS: readonly DemoEvent[] = [
  { type: 'step-started', at: 0, step, index: 0, total: 1, attempt: 1 },
  { type: 'step-progress', at: 1, stepId: step.id, text: 'waiting\u001B[2J for identity' },
  { type: 'warning', at: 2, stepId: step.id, text: 'the clock' },
  { type: 'run-finished', at: 3, durationMs: 3 },
];

const shown = (tty: boolean): string => {
  const cli = fakeProcess({ cwd: '/', tty, columns: 80, env: { TERM: 'xterm' } });
  {
    using line = passingLine(createTerminal(cli), {
      command: 'exec',
      tell: (event) => void (event.type === 'warning' && cli.err.write('! the clock\n')),
    });
    for (const event of EVENTS) line.emit(event);
  }
  return cli.written.err;
};

describe('A line that passes', () => {
  it('shows on a terminal what is under way, gives way to what is said, and is gone at the end', () => {
    const clear = '\r\u001B[K';
    const waiting = 'passthru exec: KMS: waiting for identity';
    expect(shown(true)).toBe(`passthru exec: KMS${clear}${waiting}${clear}! the clock\n${waiting}${clear}`);
  });

  it('is nothing elsewhere', () => {
    expect(shown(false)).toBe('! the clock\n');
  });
});
