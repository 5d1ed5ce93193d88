import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DemoEvent } from '#demo/events.ts';
import { createPlainReporter } from '#cli/reporters/plain.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { PASSED_RUN, recordedReport } from '#test/support/cli-events.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { checksOf, transcriptOf } from '#test/e2e/transcript.ts';

const PLACE = { ports: { kms: 8081, identity: 8082 } };

/** The transcript that the plain reporter prints of these events. */
const told = (events: readonly DemoEvent[]) => {
  const cli = fakeProcess({ cwd: '/srv' });
  const reporter = createPlainReporter(createTerminal(cli), {
    verbosity: 'normal',
    cwd: '/srv',
    printedCommand: (words) => `passthru ${words}`,
  });
  for (const event of events) reporter.emit(event);
  reporter.result(recordedReport(events, '/srv/.passthru/tls/ca.pem'), { access: true });
  return { stderr: cli.written.err, stdout: cli.written.out };
};

/** The same run on another engine, in its own time. */
const elsewhere: readonly DemoEvent[] = PASSED_RUN.map((event): DemoEvent => {
  if (event.type === 'run-started') return { ...event, engine: 'docker', engineReason: 'Docker Engine 28.5 on the default context' };
  if (event.type === 'step-finished') return { ...event, durationMs: event.durationMs * 97 };
  if (event.type === 'run-finished') return { ...event, durationMs: 98_000 };
  return event.type === 'service' && event.state === 'healthy' ? { ...event, waitedMs: 0 } : event;
});

describe('The normalised transcript', () => {
  it('is the same for runs that differ in engine, reason and times only', () => {
    expect(told(elsewhere)).not.toEqual(told(PASSED_RUN));
    expect(transcriptOf(told(elsewhere), PLACE)).toEqual(transcriptOf(told(PASSED_RUN), PLACE));
  });

  it('is the same on other ports, but not on those of another service', () => {
    const moved = (text: string, from: string, to: string) => text.replaceAll(`localhost:${from}`, `localhost:${to}`);
    const { stderr, stdout } = told(PASSED_RUN);
    const other = {
      stderr,
      stdout: moved(
        moved(moved(moved(moved(stdout, '8081', '18001'), '8082', '18002'), '9081', '19001'), '9082', '19002'),
        '10081',
        '20001',
      ),
    };
    expect(transcriptOf(other, { ports: { kms: 18_001, identity: 18_002 } })).toEqual(transcriptOf({ stderr, stdout }, PLACE));
    expect(transcriptOf(other, { ports: { kms: 18_002, identity: 18_001 } })).not.toEqual(transcriptOf({ stderr, stdout }, PLACE));
  });

  const dropped = (drop: (event: DemoEvent) => boolean) => transcriptOf(told(elsewhere.filter((event) => !drop(event))), PLACE);

  it.each([
    ['a step that is missing', (event: DemoEvent) => event.type === 'step-finished' && event.stepId === 'kms.crypto'],
    ['a refusal that is missing', (event: DemoEvent) => event.type === 'check' && event.check.id === 'method-plain'],
    ['a check that is missing', (event: DemoEvent) => event.type === 'check' && event.check.id === 'created'],
  ])('shows %s', (_, drop) => {
    expect(dropped(drop)).not.toEqual(transcriptOf(told(PASSED_RUN), PLACE));
  });

  it('shows another detail, another outcome and another title', () => {
    const changed = (change: Partial<Extract<DemoEvent, { type: 'step-finished' }>>) =>
      transcriptOf(
        told(elsewhere.map((event) => (event.type === 'step-finished' && event.stepId === 'kms.keys' ? { ...event, ...change } : event))),
        PLACE,
      );
    const same = transcriptOf(told(PASSED_RUN), PLACE);
    expect(changed({})).toEqual(same);
    expect(changed({ detail: 'created, listed' })).not.toEqual(same);
    expect(changed({ status: 'failed' })).not.toEqual(same);
  });
});

describe('The checks of two reports', () => {
  const report = recordedReport(PASSED_RUN, '/srv/ca.pem');
  const withFirst = (got: string) => ({
    ...report,
    steps: report.steps.map((step, at) => (at === 0 ? { ...step, checks: step.checks.map((check) => ({ ...check, got })) } : step)),
  });

  it('are the same but for ids and ports', () => {
    const [one, other] = [
      withFirst(`${randomUUID()} at https://localhost:8081/x`),
      withFirst(`${randomUUID()} at https://localhost:18081/x`),
    ];
    expect(checksOf(one, PLACE)).toEqual(checksOf(other, { ports: { kms: 18_081, identity: 18_082 } }));
  });

  it('differ where a check is missing, or something else came', () => {
    const missing = { ...report, steps: report.steps.map((step, at) => (at === 3 ? { ...step, checks: [] } : step)) };
    expect(checksOf(missing, PLACE)).not.toEqual(checksOf(report, PLACE));
    expect(checksOf(withFirst('3'), PLACE)).not.toEqual(checksOf(report, PLACE));
  });
});
