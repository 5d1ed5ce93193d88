import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createPrettyReporter } from '#cli/reporters/pretty.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { FAILED_RUN, PASSED_RUN, recordedReport } from '#test/support/cli-events.ts';

/** A terminal that remembers all that was written to it. */
const screen = () => {
  let text = '';
  const stream = Object.assign(
    new Writable({
      write: (chunk, _encoding, done) => {
        text += String(chunk);
        done();
      },
    }),
    { isTTY: true, columns: 120, rows: 40, cursorTo: () => true, moveCursor: () => true, clearLine: () => true },
  );
  return { stream, text: () => text };
};

const told = (events: typeof PASSED_RUN) => {
  const [out, err] = [screen(), screen()];
  const terminal = createTerminal({ out: out.stream, err: err.stream, env: { TERM: 'xterm' } });
  const at = events[0]?.at ?? 0;
  using reporter = createPrettyReporter(terminal, {
    verbosity: 'normal',
    cwd: '/home',
    printedCommand: (words) => `passthru ${words}`,
    now: () => at + 4200,
  });
  for (const event of events) reporter.emit(event);
  reporter.result(recordedReport(events, '/home/.passthru/tls/ca.pem'), { access: true });
  return { out: out.text(), err: stripVTControlCharacters(err.text()) };
};

describe('A run on a terminal', () => {
  it('spins on the line of the step under way, counter before and elapsed time behind, within the width', () => {
    const { err } = told(PASSED_RUN);
    const spinning = err.split('\n').find((line) => /\[2\/5\] [⠀-⣿] Telemetry/.test(line)) ?? '';
    expect(spinning).toMatch(/\[2\/5\] [⠀-⣿] Telemetry .* 4\.1 s/);
    const frames = spinning.split(/(?= {2}\[\d)/);
    for (const frame of frames) expect([...frame].length).toBeLessThanOrEqual(100);
  });

  it('leaves the finished line in the same columns as a pipe would', () => {
    expect(told(PASSED_RUN).err).toContain(
      '  [2/5] ✓ Telemetry       healthy                                                             200 ms\n',
    );
    expect(told(FAILED_RUN).err).toContain(
      '  [4/5] ✗ Elastic keys    1 of 1 checks failed                                                 79 ms\n',
    );
  });

  it('shows what is being waited for behind the spinner', () => {
    expect(told(PASSED_RUN).err).toMatch(/\[2\/5\] [⠀-⣿] Telemetry {7}\/readyz answers 503/);
  });

  it('shows the cursor again and puts the result on stdout', () => {
    const { out } = told(PASSED_RUN);
    expect(stripVTControlCharacters(out)).toContain('5 passed, 0 failed in 1.7 s');
    expect(out).not.toContain('✓ Telemetry');
  });
});
