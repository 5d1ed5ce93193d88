import { describe, expect, it } from 'vitest';
import { lanesOf } from '#cli/run-files/lanes.ts';
import { observe, traceToShow } from '#cli/run-files/observed.ts';
import type { DemoEvent } from '#demo/events.ts';
import { advance, NOT_STARTED, outcomeOf } from '#demo/outcome.ts';
import { PASSED_RUN } from '#test/support/cli-events.ts';
import { fakeEngine } from '#test/support/demo-engine.ts';
import { newTraceId, traceRequest } from '#test/support/otlp-traces.ts';
import { makePki } from '#test/support/pki.ts';

const request = (traceId: string | undefined, durationMs: number): DemoEvent => ({
  type: 'request',
  at: 0,
  stepId: 'kms.keys',
  method: 'GET',
  url: 'https://localhost:8081/readyz',
  status: 200,
  durationMs,
  skewMs: 0,
  ...(traceId === undefined ? {} : { traceId }),
});

const outcomeWith = (...requests: readonly DemoEvent[]) => outcomeOf([...PASSED_RUN.slice(0, 1), ...requests].reduce(advance, NOT_STARTED));

describe('The trace that a page shows', () => {
  const [one, two, three] = [newTraceId(), newTraceId(), newTraceId()];

  it('is that of most requests, then that of the slowest, and none where no request had one', () => {
    expect(traceToShow(outcomeWith(request(one, 900), request(two, 1), request(two, 1)).requests)).toBe(two);
    expect(traceToShow(outcomeWith(request(one, 5), request(two, 7), request(three, 6), request(undefined, 90)).requests)).toBe(two);
    expect(traceToShow(outcomeWith(request(undefined, 90)).requests)).toBeNull();
  });

  it('is read from what the collector has of it; one that has not arrived is none', async () => {
    const received = traceRequest('passthru-kms', { traceId: one, id: 'root' }, { traceId: two, id: 'other' });
    const engine = fakeEngine({
      telemetryRecords: async function* () {
        yield received;
      },
    });
    expect((await observe(engine, outcomeWith(request(one, 1)))).trace).toMatchObject({ traceId: one, spans: 1 });
    expect((await observe(engine, outcomeWith(request(three, 1)))).trace).toBeNull();
  });

  it('that cannot be read becomes a note on the page, and no failure of the run', async () => {
    const engine = fakeEngine({
      telemetryRecords: () => {
        throw new Error('the collector is gone');
      },
    });
    const { trace, notes } = await observe(engine, outcomeWith(request(one, 1)));
    expect([trace, notes]).toEqual([null, ['The trace could not be read: the collector is gone.']]);
  });
});

describe('The certificates that a page shows', () => {
  it('are the root and the chain below it, from the root down, with digest and end', async () => {
    await using pki = await makePki();
    const endpoints = { ...fakeEngine().endpoints(), caFile: pki.client.ca, client: { certFile: pki.client.cert, keyFile: '' } };
    const { certificates, notes } = await observe(fakeEngine({ endpoints: () => endpoints }), outcomeWith());
    expect(notes).toEqual([]);
    expect(certificates.length).toBeGreaterThan(1);
    expect(certificates[0]?.subject).toMatch(/^CN=.*root/);
    for (const { fingerprint, notAfter } of certificates) {
      expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(Date.parse(notAfter)).toBeGreaterThan(Date.UTC(2026, 0));
    }
  });

  it('are none where the run broke off before it made any', async () => {
    expect(await observe(fakeEngine(), outcomeWith())).toEqual({ trace: null, certificates: [], notes: [] });
  });
});

describe('The lanes of a bring-up', () => {
  it('say of each part when it started, got healthy for the first time, and how long the run stood still for it', () => {
    const at = (milliseconds: number) => ({ at: 1_000 + milliseconds });
    const [first] = PASSED_RUN;
    if (first?.type !== 'run-started') throw new Error('a run starts with run-started');
    const lanes = lanesOf([
      { ...first, ...at(0) },
      { type: 'service', ...at(5), service: 'kms-postgres', state: 'started', text: '' },
      { type: 'service', ...at(10), service: 'kms', state: 'started', text: '' },
      { type: 'service', ...at(90), service: 'kms', state: 'healthy', text: '', waitedMs: 60 },
      { type: 'service', ...at(400), service: 'kms', state: 'healthy', text: '', waitedMs: 0 },
      { type: 'service', ...at(500), service: 'kms', state: 'exited', text: '' },
    ]);
    expect(lanes).toEqual([
      { part: 'kms-postgres', startedMs: 5, healthyMs: null, waitedMs: 0, exitedMs: null },
      { part: 'kms', startedMs: 10, healthyMs: 90, waitedMs: 60, exitedMs: 500 },
    ]);
  });
});
