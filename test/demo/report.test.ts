import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { DemoEvent, StepInfo } from '#demo/events.ts';
import { outcomeOf } from '#demo/outcome.ts';
import { reportSchema, toReport, type ReportOptions } from '#demo/report.ts';
import type { ServiceName } from '#engine/engine.ts';
import { failure } from '#infra/apperr/result.ts';
import { fakeEngine, unique } from '#test/support/demo-engine.ts';

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
    expect(outcomeOf(events()).steps.map(({ status }) => status)).toEqual(['passed', 'failed', 'skipped']);
  });

  it('is failed with exit code 2 while only the bring-up passed', () => {
    expect(outcomeOf(events())).toMatchObject({ outcome: 'failed', exitCode: 2, durationMs: 99.4 });
  });

  it('has exit code 130 after an interruption, whatever passed', () => {
    expect(outcomeOf(events([{ type: 'interrupted', at, text: 'stopped' }])).exitCode).toBe(130);
  });

  it('has on its critical path what was waited for, once each, in that order', () => {
    const seen = [healthy('telemetry', 200), healthy('identity', 0), healthy('kms', 80), healthy('telemetry', 5)];
    expect(outcomeOf(events(seen)).criticalPath).toEqual(['telemetry', 'kms']);
  });

  it('refuses events of a run that never started', () => {
    expect(() => outcomeOf([])).toThrow(TypeError);
  });
});

describe('toReport', () => {
  const report = toReport(outcomeOf(events()), options);

  it('is a document of version 1 that its schema accepts', () => {
    validate(report);
    expect(validate.errors).toBeNull();
    expect(report).toMatchObject({ version: 1, command: 'demo kms', outcome: 'failed', exit_code: 2, duration_ms: 99 });
  });

  it('writes times as RFC 3339, durations as whole milliseconds, and null for a step that never began', () => {
    expect(report.steps.map(({ started_at, duration_ms }) => [started_at, duration_ms])).toEqual([
      ['2027-03-04T05:06:07.000Z', 13],
      ['2027-03-04T05:06:07.010Z', 3],
      [null, 0],
    ]);
  });

  it('keeps each check, and the causes of an error nested', () => {
    expect(report.steps[0]?.checks).toEqual([check]);
    expect(report.steps[1]?.error).toEqual({
      code: 'outer',
      message: 'outside',
      fix: '',
      cause: { code: 'inner', message: 'inside', fix: 'mend it', cause: null },
    });
  });

  it.each([
    ['an unknown member', { surprise: true }],
    ['another version', { version: 2 }],
    ['an outcome that does not exist', { outcome: 'fine' }],
  ])('is refused by its schema with %s', (_, change) => {
    expect(validate({ ...report, ...change })).toBe(false);
  });

  it('is refused by its schema when a nested cause is malformed', () => {
    const error = { code: 'outer', message: 'outside', fix: '', cause: { code: 7 } };
    expect(validate({ ...report, steps: [{ ...report.steps[0], error }] })).toBe(false);
  });
});

it('The published schema is the one in the code; `npm run generate` writes it anew', async () => {
  const published: unknown = JSON.parse(await readFile(new URL('../../docs/schemas/demo-report.schema.json', import.meta.url), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(reportSchema)));
});
