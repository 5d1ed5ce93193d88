import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { DemoEvent, StepInfo } from '#demo/events.ts';
import { advance, NOT_STARTED, outcomeOf } from '#demo/outcome.ts';
import { reportSchema } from '#demo/report.ts';
import { toReport, type ReportOptions } from '#demo/to-report.ts';
import type { ServiceName } from '#engine/engine.ts';
import { failure } from '#infra/apperr/result.ts';
import { fakeEngine, unique } from '#test/support/demo-engine.ts';
import { newTraceId } from '#test/support/otlp-traces.ts';

const at = Date.UTC(2027, 2, 4, 5, 6, 7);
const step = (id: string): StepInfo => ({ id, phase: id.split('.')[0] ?? '', title: unique(id), needs: [] });
const steps = [step('bring-up.kms'), step('kms.keys'), step('kms.crypto')] as const;
const check = { id: 'one', title: 'one', status: 'passed', expected: '1', got: '1' } as const;

const events = (more: readonly DemoEvent[] = []): readonly DemoEvent[] => [
  {
    type: 'run-started',
    at,
    command: 'demo kms',
    engine: 'embedded',
    engineReason: 'asked for',
    engineIsFallback: false,
    profile: 'demo',
    steps,
  },
  { type: 'step-started', at, step: steps[0], index: 0, total: 3, attempt: 1 },
  { type: 'check', at, stepId: steps[0].id, check },
  { type: 'step-finished', at, stepId: steps[0].id, status: 'passed', detail: 'healthy', durationMs: 12.6, error: null },
  { type: 'step-started', at: at + 10, step: steps[1], index: 1, total: 3, attempt: 1 },
  {
    type: 'step-finished',
    at,
    stepId: steps[1].id,
    status: 'failed',
    detail: '',
    durationMs: 3,
    error: failure('outer', 'outside', { cause: failure('inner', 'inside', { fix: 'mend it' }) }),
  },
  ...more,
  { type: 'run-finished', at, durationMs: 99.4 },
];

/** The outcome of a run with these events. */
const outcome = (all: readonly DemoEvent[]) => outcomeOf(all.reduce(advance, NOT_STARTED));

const rootCause = { line: unique('kms is not running'), chain: ['identity', 'kms'], logTail: ['last words'], fix: 'start it' } as const;
const warning = { stepId: 'kms.keys', text: unique('an old certificate') };
const request = {
  stepId: 'kms.keys',
  method: 'GET',
  url: `https://localhost/${unique('keys')}`,
  status: 404,
  durationMs: 7.6,
  skewMs: 0,
  traceId: newTraceId(),
};
const told: readonly DemoEvent[] = [
  { type: 'warning', at, ...warning },
  { type: 'request', at, ...request },
  { type: 'root-cause', at, ...rootCause },
];

const healthy = (service: ServiceName, waitedMs: number): DemoEvent => ({
  type: 'service',
  at,
  service,
  state: 'healthy',
  text: 'healthy',
  waitedMs,
});

const options: ReportOptions = {
  endpoints: fakeEngine().endpoints(),
  credentials: [{ username: unique('user'), password: unique('password'), tenant: 'demo', tenant_id: randomUUID(), roles: ['user'] }],
  clients: [{ client_id: unique('client'), client_secret: null, grant_types: ['authorization_code'], redirect_uris: [], tenant: null }],
};

const validate = new Ajv2020({ allErrors: true, formats: { 'date-time': true, uuid: true } }).compile(reportSchema);

describe('outcomeOf', () => {
  it('counts a step that never finished as skipped', () => {
    expect(outcome(events()).steps.map(({ status }) => status)).toEqual(['passed', 'failed', 'skipped']);
  });

  it('is failed with exit code 2 while only the bring-up passed', () => {
    expect(outcome(events())).toMatchObject({ outcome: 'failed', exitCode: 2, durationMs: 99.4 });
  });

  it('has exit code 130 after an interruption, whatever passed', () => {
    expect(outcome(events([{ type: 'interrupted', at, text: 'stopped' }])).exitCode).toBe(130);
  });

  it('has on its critical path what was waited for, once each, in that order', () => {
    const seen = [healthy('telemetry', 200), healthy('identity', 0), healthy('kms', 80), healthy('telemetry', 5)];
    expect(outcome(events(seen)).criticalPath).toEqual(['telemetry', 'kms']);
  });

  it('holds the root cause, every warning and every request', () => {
    expect(outcome(events(told))).toMatchObject({ rootCause, warnings: [warning], requests: [request] });
    expect(outcome(events())).toMatchObject({ rootCause: null, warnings: [], requests: [] });
  });

  it('holds a fallback to another engine as a warning of the run as a whole', () => {
    const [started, ...rest] = events(told);
    const engineReason = unique('no Docker engine answers');
    const fallback = [{ ...started, engineReason, engineIsFallback: true } as DemoEvent, ...rest];
    expect(outcome(fallback).warnings).toEqual([{ stepId: null, text: `engine embedded: ${engineReason}` }, warning]);
  });

  it('is not passed where a part died, also when every step passed', () => {
    const [started, ...rest] = events();
    const onlyBringUp = [{ ...started, steps: [steps[0]] } as DemoEvent, ...rest];
    expect(outcome(onlyBringUp).outcome).toBe('passed');
    expect(outcome([...onlyBringUp, ...told]).outcome).toBe('failed');
  });

  it('keeps the first root cause: what comes after it follows from it', () => {
    const second: DemoEvent = { type: 'root-cause', at, ...rootCause, line: unique('another') };
    expect(outcome(events([...told, second])).rootCause).toEqual(rootCause);
  });

  it('counts the checks of the last attempt only', () => {
    const again: readonly DemoEvent[] = [
      { type: 'check', at, stepId: steps[2].id, check: { ...check, status: 'failed' } },
      { type: 'step-started', at, step: steps[2], index: 2, total: 3, attempt: 2 },
      { type: 'check', at, stepId: steps[2].id, check },
    ];
    expect(outcome(events(again)).steps[2]?.checks).toEqual([{ ...check, at }]);
  });

  it('refuses the state of a run that never started', () => {
    expect(() => outcomeOf(NOT_STARTED)).toThrow(TypeError);
  });
});

describe('toReport', () => {
  const report = toReport(outcome(events(told)), options);

  it('is a document of version 2 that its schema accepts', () => {
    validate(report);
    expect(validate.errors).toBeNull();
    expect(report).toMatchObject({ version: 2, command: 'demo kms', outcome: 'failed', exit_code: 2, duration_ms: 99 });
  });

  it('says of each check how long it took: since the one before it, or since its step began', () => {
    const at2 = (id: string, milliseconds: number): DemoEvent => ({
      type: 'check',
      at: at + milliseconds,
      stepId: steps[1].id,
      check: { ...check, id },
    });
    const again = [at2('one', 40.4), at2('two', 60), at2('at-once', 60), at2('clock-back', 55)];
    const { checks } = toReport(outcome(events(again)), options).steps[1] ?? {};
    expect(checks?.map(({ duration_ms }) => duration_ms)).toEqual([30, 20, 0, 0]);
  });

  it('writes times as RFC 3339, durations as whole milliseconds, and null for a step that never began', () => {
    expect(report.steps.map(({ started_at, duration_ms }) => [started_at, duration_ms])).toEqual([
      ['2027-03-04T05:06:07.000Z', 13],
      ['2027-03-04T05:06:07.010Z', 3],
      [null, 0],
    ]);
  });

  it('says why this engine, what came of each step in a few words, and why one was skipped', () => {
    const skipped: DemoEvent = {
      type: 'step-finished',
      at,
      stepId: steps[2].id,
      status: 'skipped',
      detail: 'needs kms.keys',
      durationMs: 0,
      error: null,
    };
    const { engine_reason: reason, steps: told } = toReport(outcome(events([skipped])), options);
    expect([reason, told.map(({ detail }) => detail)]).toEqual(['asked for', ['healthy', '', 'needs kms.keys']]);
  });

  it('keeps each check, and the causes of an error nested', () => {
    expect(report.steps[0]?.checks).toEqual([{ ...check, duration_ms: 0 }]);
    expect(report.steps[1]?.error).toEqual({
      code: 'outer',
      message: 'outside',
      fix: '',
      cause: { code: 'inner', message: 'inside', fix: 'mend it', cause: null },
    });
  });

  it('has root cause, warnings and requests as members, a request by its step', () => {
    const { line, chain, logTail, fix } = rootCause;
    expect(report.root_cause).toEqual({ line, chain, log_tail: logTail, fix });
    expect(report.warnings).toEqual([{ step: 'kms.keys', text: warning.text }]);
    expect(report.requests).toEqual([
      { step: 'kms.keys', method: 'GET', url: request.url, status: 404, duration_ms: 8, trace_id: request.traceId },
    ]);
    expect(toReport(outcome(events()), options).root_cause).toBeNull();
  });

  it.each([
    ['an unknown member', { surprise: true }],
    ['another version', { version: 1 }],
    ['an outcome that does not exist', { outcome: 'fine' }],
  ])('is refused by its schema with %s', (_, change) => {
    expect(validate({ ...report, ...change })).toBe(false);
  });

  it('is refused by its schema when a nested cause is malformed', () => {
    const error = { code: 'outer', message: 'outside', fix: '', cause: { code: 7 } };
    expect(validate({ ...report, steps: [{ ...report.steps[0], error }] })).toBe(false);
  });
});
