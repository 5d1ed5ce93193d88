import { describe, expect, it } from 'vitest';
import { createDemoMarks } from '#cli/commands/logs/demo-marks.ts';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';
import { openDemoMarks } from '#cli/commands/logs/open-demo-marks.ts';
import type { DemoRefusal, DemoRefusals } from '#stack/record/demo-refusals.ts';
import { newTraceId } from '#test/support/otlp-traces.ts';
import { LOG_EPOCH, serviceEntry, type WrittenLine } from '#test/support/log-lines.ts';

const traceId = newTraceId();

const refusal = (change: Partial<DemoRefusal> = {}): DemoRefusal => ({
  step: 'kms.realms',
  service: 'kms',
  traceId,
  status: 401,
  code: 'password-invalid',
  sentAt: LOG_EPOCH,
  answeredAt: LOG_EPOCH + 20,
  ...change,
});

const passed = { step: 'kms.realms', isPassed: true, at: LOG_EPOCH + 500 };

const refused = (change: WrittenLine = {}) =>
  serviceEntry({
    at: 10,
    severity: 'WARN',
    traceId,
    attributes: { 'http.response.status_code': 401, code: 'password-invalid' },
    ...change,
  });

const markOf = (entry = refused(), { refusals = [refusal()], handshakes = [], verdicts = [passed] }: Partial<DemoRefusals> = {}) =>
  createDemoMarks({ refusals, handshakes, verdicts })(entry);

describe('The line of a refusal', () => {
  it('is marked as a demo’s by the trace id that the CLI noted, with the step and how that ended', () => {
    expect(markOf()).toEqual({ kind: 'step', step: 'kms.realms', isPassed: true });
    expect(markOf(refused(), { verdicts: [{ ...passed, isPassed: false }] })).toMatchObject({ isPassed: false });
    expect(markOf(refused(), { verdicts: [{ ...passed, at: LOG_EPOCH - 1 }] })).toMatchObject({ isPassed: null });
  });

  it.each([
    ['of another trace', refused({ traceId: newTraceId() })],
    ['of no trace', serviceEntry({ at: 10, severity: 'WARN', attributes: { 'http.response.status_code': 401 } })],
    ['of that trace long after the demo', refused({ at: 60_000 })],
    ['of that trace before the demo', refused({ at: -60_000 })],
    ['with another status', refused({ attributes: { 'http.response.status_code': 403 } })],
    [
      'that says it is a demo’s',
      refused({ traceId: newTraceId(), body: 'demo=kms.realms', attributes: { 'http.response.status_code': 401 } }),
    ],
    ['of a failure of the service', refused({ severity: 'ERROR', attributes: { 'http.response.status_code': 500 } })],
    ['that is no refusal', refused({ severity: 'INFO' })],
  ])('is not marked: %s', (_, entry) => {
    expect(markOf(entry)).toBeNull();
  });
});

const summed = (count: number, change: WrittenLine = {}) =>
  serviceEntry({
    at: 30_000,
    severity: 'WARN',
    attributes: { 'http.response.status_code': 401, code: 'password-invalid', count },
    ...change,
  });

describe('A sum of refusals', () => {
  const refusals = Array.from({ length: 12 }, () => refusal({ traceId: newTraceId() }));

  it('tells how many of them the demos provoked, beside those that had lines of their own', () => {
    expect(markOf(summed(7), { refusals })).toEqual({ kind: 'sum', provoked: 7, isAll: true });
    expect(markOf(summed(40), { refusals })).toEqual({ kind: 'sum', provoked: 7, isAll: false });
  });

  it.each([
    ['of a later minute', summed(7, { at: 120_000 })],
    ['of another kind', summed(7, { attributes: { 'http.response.status_code': 401, code: 'token-invalid', count: 7 } })],
    ['of another service', { ...summed(7), part: 'identity' as const }],
  ])('is not marked: %s', (_, entry) => {
    expect(markOf(entry, { refusals })).toBeNull();
  });

  it('is not marked where a step failed, or where all refusals had lines of their own', () => {
    expect(markOf(summed(7), { refusals, verdicts: [{ ...passed, isPassed: false }] })).toBeNull();
    expect(markOf(summed(7), { refusals: refusals.slice(0, 5) })).toBeNull();
  });
});

/** As otelcol-contrib 0.160 logs it. */
const refusedTls = (at: number, msg = 'tls: client offered only unsupported versions: [303 302 301]') =>
  logEntry(
    'telemetry',
    JSON.stringify({
      level: 'error',
      ts: new Date(LOG_EPOCH + at).toISOString(),
      caller: 'http/server.go:3648',
      msg: `http: TLS handshake error from 172.25.0.1:39728: ${msg}`,
      'otelcol.component.id': 'health_check',
    }),
  );

describe('A handshake with TLS 1.2 that the collector refused', () => {
  const step = 'bring-up.telemetry';
  const noted = {
    handshakes: [{ step, from: LOG_EPOCH, to: LOG_EPOCH + 20 }],
    verdicts: [{ step, isPassed: true, at: LOG_EPOCH + 30 }],
  };

  it('is marked as a demo’s where one tried it at that time', () => {
    expect(markOf(refusedTls(10), noted)).toEqual({ kind: 'step', step, isPassed: true });
    expect(markOf(refusedTls(10), { ...noted, verdicts: [] })).toMatchObject({ isPassed: null });
  });

  it.each([
    ['at another time', refusedTls(60_000)],
    ['for another reason', refusedTls(10, 'remote error: tls: bad certificate')],
    ['of a caller who is older still', refusedTls(10, 'tls: client offered only unsupported versions: [302 301]')],
    ['of another part', { ...refusedTls(10), part: 'kms' as const }],
  ])('is not marked: %s', (_, entry) => {
    expect(markOf(entry, noted)).toBeNull();
  });
});

describe('Marks of a demo that runs', () => {
  it('are read as its lines come, and not for lines that are older than the last reading', async () => {
    let noted: DemoRefusals = { refusals: [], handshakes: [], verdicts: [] };
    let [reads, at] = [0, LOG_EPOCH];
    const read = async () => {
      reads += 1;
      return noted;
    };
    const mark = await openDemoMarks({ stateDir: '/nowhere', now: () => at, read });
    expect(await mark(serviceEntry())).toBeNull();
    expect(reads).toBe(1);
    expect(await mark(refused())).toBeNull();
    noted = { refusals: [refusal()], handshakes: [], verdicts: [] };
    expect(await mark(refused())).toEqual({ kind: 'step', step: 'kms.realms', isPassed: null });
    expect(reads).toBe(3);
    at += 60_000;
    expect(await mark(refused({ traceId: newTraceId() }))).toBeNull();
    expect(reads).toBe(4);
    expect(await mark(refused({ traceId: newTraceId() }))).toBeNull();
    expect(reads).toBe(4);
  });
});
