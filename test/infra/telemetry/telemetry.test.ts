import { randomUUIDv7 } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { TelemetryConfig } from '#infra/telemetry/config.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import { listening } from '#test/support/listening.ts';
import { attributesOf, logsOf, metricsOf, spansOf } from '#test/infra/telemetry/otlp.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { type RunningSink, startSink } from '#test/support/sink.ts';

const TRACE_ID = /^[0-9a-f]{32}$/;
/** So long that nothing leaves by itself while a test runs. */
const NEVER_MS = 60_000;

let pki: Pki;
let sink: RunningSink;
let telemetry: Telemetry;

const configFor = (endpoint: string): TelemetryConfig => ({ endpoint, tls: pki.client, export_interval_ms: NEVER_MS });
const start = (config?: TelemetryConfig): Promise<Telemetry> => startTelemetry({ service: 'passthru-test', version: '1.2.3', config });

beforeAll(async () => {
  pki = await makePki();
});
afterAll(async () => pki[Symbol.asyncDispose]());

beforeEach(async () => {
  sink = await startSink(pki);
  telemetry = await start(configFor(sink.endpoint));
});
afterEach(async () => {
  await telemetry[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

describe('a span', () => {
  it('reaches the collector with its parent, its kind and the service that it comes from', async () => {
    const name = randomUUIDv7();
    await telemetry.span(`outer ${name}`, { kind: 'server' }, () =>
      telemetry.span(`inner ${name}`, { kind: 'client', attributes: { 'http.request.method': 'GET' } }, async (span) => {
        span.set({ 'http.response.status_code': 204 });
      }),
    );
    await telemetry.flush();
    const requests = await sink.records('traces');
    const [inner, outer] = spansOf(requests);
    expect(outer).toMatchObject({ name: `outer ${name}`, kind: 2 });
    expect(inner).toMatchObject({ name: `inner ${name}`, kind: 3, traceId: outer?.traceId, parentSpanId: outer?.spanId });
    expect(attributesOf(inner?.attributes ?? [])).toEqual({ 'http.request.method': 'GET', 'http.response.status_code': 204 });
    expect(outer?.parentSpanId).toBeUndefined();
    expect(JSON.stringify(requests)).toContain('{"key":"service.name","value":{"stringValue":"passthru-test"}}');
    expect(telemetry.dropped().telemetry_records).toBe(0);
  });

  it('hands on what it runs, and marks a failure with its code and without its message', async () => {
    expect(await telemetry.span('works', {}, async () => 42)).toBe(42);
    const secret = randomUUIDv7();
    const failure = new AppError('key-not-found', 404, `no key ${secret}`);
    await expect(telemetry.span('fails', {}, async () => Promise.reject(failure))).rejects.toBe(failure);
    await expect(telemetry.span('throws', {}, async () => Promise.reject(new RangeError(secret)))).rejects.toThrow(secret);
    await telemetry.flush();
    const requests = await sink.records('traces');
    const byName = new Map(spansOf(requests).map((span) => [span.name, span]));
    expect(byName.get('works')?.status.code ?? 0).toBe(0);
    expect(byName.get('fails')).toMatchObject({ status: { code: 2 } });
    expect(attributesOf(byName.get('fails')?.attributes ?? [])).toEqual({ 'error.type': 'key-not-found' });
    expect(attributesOf(byName.get('throws')?.attributes ?? [])).toEqual({ 'error.type': 'RangeError' });
    expect(JSON.stringify(requests)).not.toContain(secret);
  });

  it('continues the trace that came in, and hands it on', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const carrier = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const onward = await telemetry.span('in', { kind: 'server', carrier }, async () => telemetry.carrier());
    expect(onward['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    await telemetry.flush();
    expect(spansOf(await sink.records('traces'))[0]).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
  });

  it('records nothing of a trace that the caller does not record, and hands that on', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const onward = await telemetry.span('in', { kind: 'server', carrier: { traceparent } }, () =>
      telemetry.span('inner', {}, async (span) => {
        span.set({ 'http.response.status_code': 204 });
        return telemetry.carrier();
      }),
    );
    expect(onward).toEqual({ traceparent });
    await telemetry.span('last', {}, async () => {});
    await telemetry.flush();
    expect(spansOf(await sink.records('traces')).map(({ name }) => name)).toEqual(['last']);
  });

  it('is recorded for so many new traces in a second, as a whole or not at all; the others have ids, and are counted', async () => {
    await using few = await start({ ...configFor(sink.endpoint), traces_per_second: 3 });
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        few.span(`outer ${n}`, {}, () =>
          few.span(`inner ${n}`, {}, async () => {
            few.log.info(`in ${n}`);
            return { id: few.traceId(), onward: few.carrier()['traceparent'] };
          }),
        ),
      ),
    );
    expect(new Set(ids.map(({ id }) => id)).size).toBe(10);
    for (const { id, onward } of ids) expect(onward).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-0[01]$`));
    expect(ids.filter(({ onward }) => onward?.endsWith('-01'))).toHaveLength(3);
    await few.flush();
    const names = spansOf(await sink.records('traces')).map(({ name }) => name);
    expect(names.toSorted()).toEqual(['inner 0', 'inner 1', 'inner 2', 'outer 0', 'outer 1', 'outer 2']);
    const logged = logsOf(await sink.records('logs'));
    expect(logged.map(({ traceId }) => traceId)).toEqual(ids.map(({ id }) => id));
    expect(JSON.stringify(metricsOf(await sink.records('metrics')).find(({ name }) => name === 'passthru.traces.unrecorded'))).toContain(
      '7',
    );
  });

  it('begins a trace of its own beside one that is only linked', async () => {
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const linked = { traceparent: `00-${traceId}-${spanId}-01` };
    const onward = await telemetry.span('in', { kind: 'server', linked }, async () => telemetry.carrier());
    expect(onward['traceparent']).not.toContain(traceId);
    await telemetry.span('in', { kind: 'server', linked: { traceparent: 'no trace' } }, async () => {});
    await telemetry.flush();
    const [first, second] = spansOf(await sink.records('traces'));
    expect(first?.traceId).not.toBe(traceId);
    expect([first?.parentSpanId, first?.links]).toMatchObject([undefined, [{ traceId, spanId }]]);
    expect(second?.links ?? []).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['a span of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['capitals', '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01'],
    ['version ff', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['a line break', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\nx: y'],
    ['ten thousand characters', `00-${'a'.repeat(10_000)}`],
  ])('begins a trace of its own when the incoming one is %s', async (_what, traceparent) => {
    const id = await telemetry.span('in', { carrier: { traceparent } }, async () => telemetry.traceId());
    expect(id).toMatch(TRACE_ID);
    expect(traceparent).not.toContain(id);
  });

  it('stays with its own asynchronous flow', async () => {
    const flow = (name: string) =>
      telemetry.span(name, {}, async () => {
        const before = telemetry.traceId();
        await new Promise((resolve) => setImmediate(resolve));
        expect(telemetry.traceId()).toBe(before);
        return before;
      });
    const ids = await Promise.all(Array.from({ length: 20 }, () => flow(randomUUIDv7())));
    expect(new Set(ids).size).toBe(20);
    expect(telemetry.traceId()).toBeNull();
    expect(telemetry.carrier()).toEqual({});
  });
});

describe('logs and metrics', () => {
  it('arrive with severity, attributes and the active trace', async () => {
    const message = `done ${randomUUIDv7()}`;
    const traceId = await telemetry.span('work', {}, async () => {
      telemetry.log.warn(message, { reason: 'test', count: 3 });
      return telemetry.traceId();
    });
    telemetry.log.info(`${message} outside`);
    await telemetry.flush();
    const [inside, outside] = logsOf(await sink.records('logs'));
    expect(inside).toMatchObject({ severityText: 'WARN', severityNumber: 13, body: { stringValue: message }, traceId });
    expect(attributesOf(inside?.attributes ?? [])).toEqual({ reason: 'test', count: 3 });
    expect(outside?.traceId ?? '').toBe('');
  });

  it('count and measure', async () => {
    const count = telemetry.counter('test.requests', { description: 'requests', unit: '{request}' });
    const measure = telemetry.histogram('test.duration', { description: 'time', unit: 's' });
    count(2, { outcome: 'ok', password: 'secret' });
    count(3, { outcome: 'ok' });
    measure(0.25, { outcome: 'ok' });
    await telemetry.flush();
    const metrics = new Map(metricsOf(await sink.records('metrics')).map((metric) => [metric.name, metric]));
    const counted = metrics.get('test.requests')?.sum?.dataPoints;
    expect(counted).toHaveLength(1);
    expect(Number(counted?.[0]?.asDouble ?? counted?.[0]?.asInt)).toBe(5);
    expect(attributesOf(counted?.[0]?.attributes ?? [])).toEqual({ outcome: 'ok' });
    expect(metrics.get('test.duration')).toMatchObject({ unit: 's', histogram: { dataPoints: [{ count: 1, sum: 0.25 }] } });
  });

  it('tell milliseconds from a second where a duration is in seconds', async () => {
    const measure = telemetry.histogram('test.duration', { description: 'time', unit: 's' });
    for (const seconds of [0.003, 0.004, 0.9]) measure(seconds);
    await telemetry.flush();
    const [point] = metricsOf(await sink.records('metrics')).flatMap(({ histogram }) => histogram?.dataPoints ?? []);
    // A value stands in the bucket whose upper bound is the first that it does not exceed.
    const counts = new Map(point?.explicitBounds.map((bound, index) => [bound, Number(point.bucketCounts[index])]));
    expect([...counts].filter(([, count]) => count > 0)).toEqual([
      [0.005, 2],
      [1, 1],
    ]);
  });

  it('leave by themselves after the interval, and what is left leaves at the end', async () => {
    const quick = await start({ ...configFor(sink.endpoint), export_interval_ms: 10 });
    const name = randomUUIDv7();
    quick.log.info(`first ${name}`);
    await expect.poll(async () => logsOf(await sink.records('logs')).length).toBe(1);
    quick.log.info(`last ${name}`);
    await quick[Symbol.asyncDispose]();
    await quick[Symbol.asyncDispose]();
    expect(logsOf(await sink.records('logs')).map((log) => log.body.stringValue)).toEqual([`first ${name}`, `last ${name}`]);
  });
});

describe('a secret', () => {
  const secrets = {
    token: `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI${randomUUIDv7().replaceAll('-', '')}.c2lnbmF0dXJl`,
    basic: Buffer.from(`demo-user:${randomUUIDv7()}`).toString('base64'),
    opaque: randomUUIDv7(),
  };

  it('never gets through, wherever it is put', async () => {
    const { token, basic, opaque } = secrets;
    const attributes = {
      authorization: `Bearer ${token}`,
      token,
      'http.request.header.cookie': opaque,
      reason: `saw Bearer ${opaque}`,
      file: token,
    };
    await telemetry
      .span(`GET /callback?code=${opaque}&state=1`, { attributes }, async (span) => {
        span.set({ ...attributes, outcome: `Basic ${basic}` });
        telemetry.log.error(`header was "Authorization: Bearer ${opaque}"`, attributes);
        telemetry.log.error(`header was Authorization: Basic ${basic}`);
        telemetry.log.error(`body {"password":"${opaque}","client_secret": "${opaque}"}`);
        telemetry.log.error(`form grant_type=refresh_token&refresh_token=${opaque}&client_secret=${opaque}`);
        telemetry.log.error(`failed on ${token}`);
        telemetry.counter('test.secrets', { description: 'secrets' })(1, attributes);
        throw new Error(`Bearer ${token}`);
      })
      .catch(() => undefined);
    await telemetry.flush();
    const all = JSON.stringify(await Promise.all((['traces', 'logs', 'metrics'] as const).map((kind) => sink.records(kind))));
    for (const secret of Object.values(secrets)) expect(all).not.toContain(secret);
    // The lines themselves did get through.
    expect(all).toContain('GET /callback?code=[redacted]&state=1');
    expect(all).toContain('Authorization: Bearer [redacted]');
    expect(all).toContain('grant_type=refresh_token&refresh_token=[redacted]&client_secret=[redacted]');
  });
});

describe('a collector', () => {
  it('that is down costs nothing but what is counted, and gets what comes once it is back', async () => {
    const { port } = sink;
    await sink[Symbol.asyncDispose]();
    for (let i = 0; i < 3; i += 1) await telemetry.span(`lost ${i}`, {}, async () => telemetry.log.info(`lost ${i}`));
    await telemetry.flush();
    // Three spans, three log records and one export of metrics.
    expect(telemetry.dropped().telemetry_records).toBe(7);
    sink = await startSink(pki, { port });
    const name = randomUUIDv7();
    await telemetry.span(name, {}, async () => {});
    await telemetry.flush();
    expect(spansOf(await sink.records('traces')).map((span) => span.name)).toEqual([name]);
    expect(telemetry.dropped().telemetry_records).toBe(7);
    const metrics = JSON.stringify(await sink.records('metrics'));
    expect(metrics).toMatch(/"passthru\.telemetry\.lost".*?"asDouble":7/);
    expect(metrics).toMatch(/"passthru\.log\.lost".*?"asDouble":0/);
  });

  it('of another authority gets nothing', async () => {
    await using stranger = await makePki();
    await using foreign = await startSink(stranger);
    await using sender = await start(configFor(foreign.endpoint));
    await sender.span(randomUUIDv7(), {}, async () => {});
    await sender.flush();
    // A span and one export of metrics.
    expect(sender.dropped().telemetry_records).toBe(2);
    expect(await foreign.records('traces')).toEqual([]);
    await expect(sender.probe(AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'telemetry-unavailable',
      cause: expect.any(Error),
    });
  });

  it('that never answers holds up neither a flush nor the end for longer than two seconds', async () => {
    await using silent = await listening(createServer());
    const sender = await start(configFor(`https://127.0.0.1:${silent.port}`));
    await sender.span(randomUUIDv7(), {}, async () => {});
    const started = performance.now();
    await sender.flush();
    await sender[Symbol.asyncDispose]();
    const took = performance.now() - started;
    expect(took).toBeLessThan(4_900);
  });

  it('that cannot keep up loses what is above the bound of the queue, and the count says how much', async () => {
    await using busy = await start({ ...configFor(sink.endpoint), traces_per_second: 5_000 });
    for (let i = 0; i < 5_000; i += 1) {
      void busy.span(`s${i}`, {}, async () => {});
      busy.log.debug(`l${i}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
    await busy.flush();
    const [spans, logs] = [spansOf(await sink.records('traces')).length, logsOf(await sink.records('logs')).length];
    expect(spans).toBeLessThan(5_001);
    expect(spans + logs + busy.dropped().telemetry_records).toBe(10_000);
    expect(busy.dropped().telemetry_records).toBeGreaterThan(0);
  });

  it('answers a probe when it is up, and the probe says why when it is not', async () => {
    await telemetry.probe(AbortSignal.timeout(5_000));
    await sink[Symbol.asyncDispose]();
    await expect(telemetry.probe(AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'telemetry-unavailable',
      cause: { code: 'ECONNREFUSED' },
    });
    sink = await startSink(pki);
  });
});

describe('starting', () => {
  it('fails when a certificate file cannot be read', async () => {
    const tls = { ...pki.client, key: join(pki.folder, randomUUIDv7()) };
    await expect(start({ ...configFor(sink.endpoint), tls })).rejects.toMatchObject({ code: 'tls-file-unreadable' });
  });

  it('without a collector still gives traces their ids', async () => {
    await using local = await start();
    const [carrier, inner] = await local.span('work', {}, async () => [
      local.carrier(),
      await local.span('inner', {}, async () => local.carrier()),
    ]);
    expect(carrier['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(inner).toEqual(carrier);
    local.counter('test.count', { description: 'count' })(1);
    local.log.info('nowhere');
    await local.probe(AbortSignal.timeout(1_000));
    await local.flush();
    expect(local.dropped().telemetry_records).toBe(0);
  });

  it('may be left out altogether: spans still run what they are given', async () => {
    await using none = noTelemetry();
    expect(await none.span('work', {}, async (span) => (span.set({}), 42))).toBe(42);
    const failure = new Error(randomUUIDv7());
    await expect(none.span('fails', {}, async () => Promise.reject(failure))).rejects.toBe(failure);
    expect([none.traceId(), none.carrier(), none.dropped().log_lines]).toEqual([null, {}, 0]);
  });
});
