import { describe, expect, it } from 'vitest';
import { findTrace, lastTraces } from '#cli/commands/trace/find-trace.ts';
import { EPOCH, newTraceId, received, spanId, traceRequest } from '#test/support/otlp-traces.ts';

/** A collector that has received one more of these at each look, and a clock that its waits move. */
const collector = (looks: readonly (readonly unknown[])[], begun = EPOCH + 60_000) => {
  let [at, looked] = [begun, 0];
  return {
    telemetryRecords: (_kind: string, { containing = '' } = {}) => {
      const records = looks[Math.min(looked, looks.length - 1)] ?? [];
      looked += 1;
      return received(...records.filter((record) => JSON.stringify(record).includes(containing)));
    },
    now: () => at,
    sleep: async (ms: number) => void (at += ms),
    looked: () => looked,
    waited: () => at - begun,
  };
};

const find = (engine: ReturnType<typeof collector>, reference: string, onWait = () => {}) =>
  findTrace({ engine, reference, signal: new AbortController().signal, now: engine.now, sleep: engine.sleep, onWait });

describe('A trace that somebody asks for', () => {
  const traceId = newTraceId();

  it('is found by the first digits of its id, among all that was received, at the first look', async () => {
    const engine = collector([[traceRequest('kms', { traceId, id: 'a' }), traceRequest('kms', { traceId: newTraceId(), id: 'b' })]]);
    expect((await find(engine, traceId.slice(0, 12))).trace).toMatchObject({ traceId, spans: 1 });
    expect(engine.looked()).toBe(1);
  });

  it('comes with the traces that it is linked from', async () => {
    const other = newTraceId();
    const linked = traceRequest('identity', {
      traceId: other,
      id: 'b',
      name: 'identity GET /jwks',
      links: [{ traceId, spanId: spanId('a') }],
    });
    const { linkedFrom } = await find(collector([[traceRequest('kms', { traceId, id: 'a' }), linked]]), traceId);
    expect(linkedFrom).toMatchObject([{ traceId: other, name: 'identity GET /jwks' }]);
  });

  it('is waited for where it is not there yet, which is told once', async () => {
    let told = 0;
    const engine = collector([[], [], [traceRequest('kms', { traceId, id: 'a' })]]);
    expect((await find(engine, traceId, () => (told += 1))).trace.traceId).toBe(traceId);
    expect([engine.looked(), told]).toEqual([3, 1]);
  });

  it('is waited for where the parent of a span is missing that ended just now, and not long after', async () => {
    const part = traceRequest('kms', { traceId, id: 'b', parent: 'a', isParentRemote: false });
    const whole = traceRequest('kms', { traceId, id: 'a' });
    const young = collector([[part], [part, whole]], EPOCH + 100);
    expect((await find(young, traceId)).trace.spans).toBe(2);
    const old = collector([[part], [part, whole]]);
    expect([(await find(old, traceId)).trace.spans, old.looked()]).toEqual([1, 1]);
    const never = collector([[part]], EPOCH + 100);
    expect((await find(never, traceId)).trace.spans).toBe(1);
    expect(never.waited()).toBeLessThanOrEqual(3_250);
  });

  it('is not received after three seconds: the error says how long it takes, and where else to look', async () => {
    const engine = collector([[]]);
    await expect(find(engine, traceId)).rejects.toMatchObject({
      code: 'trace-not-received',
      fix: expect.stringContaining(`passthru logs --trace ${traceId}`),
    });
    expect(engine.waited()).toBe(3_000);
  });

  it('is one of several where their ids begin alike, and each is named', async () => {
    const ids = ['abcd1', 'abcd2'].map((digits) => digits.padEnd(32, '0'));
    const engine = collector([ids.map((id) => traceRequest('kms', { traceId: id, id: 'a' }))]);
    await expect(find(engine, 'abcd')).rejects.toMatchObject({ code: 'trace-ambiguous', message: expect.stringContaining(ids.join(', ')) });
  });
});

describe('The last traces', () => {
  const request = (at: number, route: string, status = 200) => {
    const attributes = { 'http.route': route, 'http.response.status_code': status };
    return traceRequest('kms', { traceId: newTraceId(), id: 'a', name: `kms GET ${route}`, kind: 2, from: at, to: at + 1, attributes });
  };
  const query = traceRequest('kms', {
    traceId: newTraceId(),
    id: 'a',
    name: 'db select',
    kind: 3,
    attributes: { 'db.system.name': 'sqlite' },
  });
  const records = [request(3, '/c', 401), request(1, '/a'), query, request(2, '/readyz'), request(4, '/d')];

  const names = async (options: { limit?: number; failedOnly?: boolean; all?: boolean }) => {
    const engine = collector([records]);
    const { traces, others } = await lastTraces({ engine, limit: 20, failedOnly: false, all: false, ...options });
    return [...traces.map(({ root }) => root.name), others];
  };

  it('are requests, oldest first, without the questions of health checks and background work unless they are wanted', async () => {
    expect(await names({})).toEqual(['kms GET /a', 'kms GET /c', 'kms GET /d', 2]);
    expect(await names({ all: true })).toEqual(['db select', 'kms GET /a', 'kms GET /readyz', 'kms GET /c', 'kms GET /d', 0]);
  });

  it('are so many at most, and those that failed where only these are wanted', async () => {
    expect(await names({ limit: 1 })).toEqual(['kms GET /d', 4]);
    expect(await names({ failedOnly: true })).toEqual(['kms GET /c', 4]);
  });
});
