import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DemoEvent } from '#demo/events.ts';
import { notingRefusals } from '#cli/commands/demo-refusals.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { readDemoRefusals } from '#stack/record/demo-refusals.ts';
import { fakeEngine } from '#test/support/demo-engine.ts';
import { LOG_EPOCH, serviceLine } from '#test/support/log-lines.ts';
import { newTraceId } from '#test/support/otlp-traces.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const request = (stepId: string, url: string, status: number, told: { traceId?: string; code?: string }) =>
  ({
    type: 'request' as const,
    at: 5_000.4,
    stepId,
    method: 'GET',
    url,
    status,
    durationMs: 20.9,
    skewMs: 0,
    ...told,
  }) satisfies DemoEvent;

const finished = (stepId: string, status: 'passed' | 'failed') =>
  ({
    type: 'step-finished' as const,
    at: 6_000,
    stepId,
    status,
    detail: '',
    durationMs: 1,
    error: null,
  }) satisfies DemoEvent;

/** A run of these events below a state folder; what it answered, and the remarks to the reader. */
const runOf = async (stateDir: string, events: readonly DemoEvent[]) => {
  const [remarks, told]: [string[], DemoEvent[]] = [[], []];
  const context = { settings: { stateDir }, printer: { remark: (text: string) => void remarks.push(text) } };
  const answer = await notingRefusals(
    context as unknown as CommandContext,
    { engine: fakeEngine(), emit: (event) => void told.push(event) },
    async ({ emit }) => {
      for (const event of events) emit(event);
      return 'done';
    },
  );
  return { answer, remarks, told };
};

const [kms, identity] = ['https://localhost:1/service/api/v1/elastic-keys', 'https://localhost:3/oauth2/token'];

describe('A run', () => {
  it('notes each refusal under its trace, with the service that refused and how its step ended, and no other answer', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'logs'));
    const [one, other] = [newTraceId(), newTraceId()];
    const events = [
      request('kms.realms', kms, 401, { traceId: one, code: 'password-invalid' }),
      request('kms.realms', kms, 200, { traceId: newTraceId() }),
      request('kms.realms', kms, 503, { traceId: newTraceId(), code: 'sealed' }),
      request('kms.realms', kms, 401, {}),
      request('kms.realms', 'https://elsewhere.example/', 403, { traceId: newTraceId() }),
      finished('kms.realms', 'passed'),
      request('identity.tokens', identity, 400, { traceId: other }),
      finished('identity.tokens', 'failed'),
      finished('kms.keys', 'passed'),
    ];
    expect(await runOf(folder.path, events)).toEqual({ answer: 'done', remarks: [], told: events });
    const at = { sentAt: 4_979, answeredAt: 5_001 };
    expect(await readDemoRefusals(folder.path)).toEqual({
      refusals: [
        { step: 'kms.realms', service: 'kms', traceId: one, status: 401, code: 'password-invalid', ...at },
        { step: 'identity.tokens', service: 'identity', traceId: other, status: 400, code: null, ...at },
      ],
      handshakes: [],
      verdicts: [
        { step: 'kms.realms', isPassed: true, at: 6_000 },
        { step: 'identity.tokens', isPassed: false, at: 6_000 },
      ],
    });
  });

  it('notes when it offered a listener TLS 1.2, and how that step ended', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'logs'));
    const check = (id: string, at: number): DemoEvent => ({
      type: 'check',
      at,
      stepId: 'bring-up.telemetry',
      check: { id, title: id, status: 'passed', expected: '', got: '' },
    });
    await runOf(folder.path, [check('tls-1.3', 5_000), check('tls-1.2-refused', 5_020.5), finished('bring-up.telemetry', 'passed')]);
    expect(await readDemoRefusals(folder.path)).toEqual({
      refusals: [],
      handshakes: [{ step: 'bring-up.telemetry', from: 5_000, to: 5_021 }],
      verdicts: [{ step: 'bring-up.telemetry', isPassed: true, at: 6_000 }],
    });
  });

  it('finds in the end of a log no refusal that it provoked itself, and every other line', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'logs'));
    const [own, failed, other] = [newTraceId(), newTraceId(), newTraceId()];
    const [lineOfOwn, ...rest] = [own, failed, other].map((traceId) =>
      serviceLine({ at: 10, severity: 'WARN', traceId, attributes: { 'http.response.status_code': 401 } }),
    );
    const logTail = [lineOfOwn ?? '', ...rest, 'a crash'];
    const engine = fakeEngine({
      diagnose: async (service) => ({ service, exitCode: 1, signal: null, outOfMemory: false, lastProbe: null, logTail }),
    });
    const context = { settings: { stateDir: folder.path }, printer: { remark: () => undefined } } as unknown as CommandContext;
    const found = await notingRefusals(context, { engine, emit: () => undefined }, async (noted) => {
      noted.emit({ ...request('kms.realms', kms, 401, { traceId: own }), at: LOG_EPOCH });
      noted.emit({ ...finished('kms.realms', 'passed'), at: LOG_EPOCH + 20 });
      noted.emit({ ...request('kms.keys', kms, 401, { traceId: failed }), at: LOG_EPOCH });
      noted.emit({ ...finished('kms.keys', 'failed'), at: LOG_EPOCH + 30 });
      return noted.engine.diagnose('kms');
    });
    expect(found.logTail).toEqual([...rest, 'a crash']);
  });

  it('goes on where refusals cannot be noted, and tells its reader', async () => {
    await using folder = await temporaryDirectory();
    const { answer, remarks } = await runOf(join(folder.path, 'gone'), [request('kms.realms', kms, 401, { traceId: newTraceId() })]);
    expect({ answer, remarks }).toMatchObject({ answer: 'done', remarks: [expect.stringContaining('1 refusals of this run could not')] });
  });
});
