import { describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { createReporter } from '#cli/reporters/create-reporter.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { printedCommand } from '#cli/settings/printed-command.ts';
import { resolveSettings } from '#cli/settings/resolve-settings.ts';
import { FAILED_RUN, recordedReport } from '#test/support/cli-events.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

/** A run that failed, as it is printed after `npx passthru demo all --state-dir place …`. */
const printed = async (output: 'human' | 'json') => {
  const process = fakeProcess({ cwd: '/home', env: { npm_lifecycle_event: 'npx' } });
  const stated = { output, stateDir: 'place' };
  const warn = (text: string) => expect.unreachable(text);
  const { settings, usualStateDir } = await resolveSettings({ stated, flags: {}, ...process, startsStack: true, warn });
  const terminal = createTerminal(process);
  using reporter = await createReporter({
    settings,
    terminal,
    process,
    printedCommand: printedCommand({ settings, usualStateDir, ...process }),
  });
  for (const event of FAILED_RUN) reporter.emit(event);
  reporter.result(recordedReport(FAILED_RUN, '/home/place/tls/ca.pem'), { access: false, next: true });
  return process.written;
};

describe('The commands that a run prints', () => {
  it('work from where the reader is: in the fix of a step, of the root cause, and at the end', async () => {
    const { out, err } = await printed('human');
    const logs = 'Look at `npx passthru logs kms --state-dir place`, then run the demo again';
    expect(err.split(logs)).toHaveLength(3);
    for (const command of ['status', 'logs', 'demo all']) expect(out).toContain(`npx passthru ${command} --state-dir place`);
  });

  it('are the same in the document', async () => {
    const { out } = await printed('json');
    const { root_cause, steps } = JSON.parse(out) as Report;
    const fixes = [root_cause?.fix, steps.find(({ id }) => id === 'kms.keys')?.error?.cause?.fix];
    for (const fix of fixes) expect(fix).toContain('`npx passthru logs kms --state-dir place`');
  });
});
