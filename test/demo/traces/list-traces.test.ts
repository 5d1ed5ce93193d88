import { describe, expect, it } from 'vitest';
import { listTraces } from '#demo/traces/list-traces.ts';
import { EPOCH, newTraceId, received, traceRequest } from '#test/support/otlp-traces.ts';

describe('The list of traces', () => {
  it('has each trace with its beginning, its services and its time, oldest first, over all that was received', async () => {
    const [first, second] = [newTraceId(), newTraceId()];
    const traces = await listTraces(
      received(
        traceRequest('kms', { traceId: second, id: 'a', name: 'kms GET /', from: 500, to: 520 }),
        traceRequest('identity', { traceId: first, id: 'b', parent: 'a', name: 'identity POST /', from: 10, to: 40 }),
        traceRequest('kms', { traceId: first, id: 'a', parent: 'x', isParentRemote: true, name: 'kms POST /', from: 12, to: 60 }),
      ),
    );
    expect(traces).toMatchObject([
      {
        traceId: first,
        root: { name: 'kms POST /' },
        startMs: EPOCH + 10,
        durationMs: 50,
        services: ['kms', 'identity'],
        spans: 2,
        hasFailed: false,
      },
      { traceId: second, root: { name: 'kms GET /' }, startMs: EPOCH + 500, durationMs: 20, services: ['kms'], spans: 1 },
    ]);
  });

  it.each([
    ['a span that failed', { error: 'away' }],
    ['a refusal', { attributes: { 'http.response.status_code': 401 } }],
  ])('knows a trace with %s', async (_, failing) => {
    const traceId = newTraceId();
    const record = traceRequest('kms', { traceId, id: 'a' }, { traceId, id: 'b', parent: 'a', ...failing });
    expect(await listTraces(received(record))).toMatchObject([{ traceId, hasFailed: true }]);
  });

  it.each([
    ['a clock that was ahead', 3_600_000],
    ['a clock that was behind', -3_600_000],
  ])('has traces by %s where they came, so that they hide no newer ones', async (_, stepMs) => {
    const starts = [20, 10, 1_000 + stepMs, 2_000 + stepMs, 3_500, 3_000];
    const ids = starts.map(() => newTraceId());
    const records = starts.map((from, at) => traceRequest('kms', { traceId: ids[at] ?? '', id: 'a', from, to: from + 5 }));
    const traces = await listTraces(received(...records));
    expect(traces.map(({ traceId }) => ids.indexOf(traceId)).slice(-2)).toEqual([5, 4]);
    expect(new Set(traces.slice(-4, -2).map(({ startMs }) => startMs - EPOCH - stepMs))).toEqual(new Set([1_000, 2_000]));
  });

  it('holds so many traces at most: those that were added to last', async () => {
    const [first, second, third] = [newTraceId(), newTraceId(), newTraceId()];
    const records = [first, second, first, third].map((traceId, at) => traceRequest('kms', { traceId, id: `${at}`, from: at }));
    const traces = await listTraces(received(...records), 2);
    expect(traces.map(({ traceId, spans }) => [traceId, spans])).toEqual([
      [first, 2],
      [third, 1],
    ]);
  });
});
