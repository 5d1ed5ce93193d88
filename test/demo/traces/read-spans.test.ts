import { describe, expect, it } from 'vitest';
import { readSpans, spansIn } from '#demo/traces/read-spans.ts';
import { EPOCH, newTraceId, received, spanId, traceRequest } from '#test/support/otlp-traces.ts';

describe('Spans in what a collector received', () => {
  it('are told with process, times, kind, status, attributes and links', () => {
    const [traceId, other] = [newTraceId(), newTraceId()];
    const [span] = spansIn(
      traceRequest('kms', {
        traceId,
        id: 'b',
        parent: 'a',
        isParentRemote: true,
        from: 1,
        to: 3.5,
        name: 'kms GET /',
        kind: 2,
        error: 'away',
        attributes: { 'http.request.method': 'GET', 'http.response.status_code': 503, retried: true },
        links: [{ traceId: other, spanId: spanId('z') }],
      }),
    );
    expect(span).toEqual({
      traceId,
      id: spanId('b'),
      parentId: spanId('a'),
      isParentRemote: true,
      service: 'kms',
      instance: 'one kms',
      name: 'kms GET /',
      kind: 'server',
      startMs: EPOCH + 1,
      durationMs: 2.5,
      isError: true,
      statusMessage: 'away',
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 503, retried: true },
      links: [{ traceId: other, spanId: spanId('z') }],
    });
  });

  it('are those of one trace, whichever process sent them', async () => {
    const [traceId, other] = [newTraceId(), newTraceId()];
    const records = received(
      traceRequest('kms', { traceId, id: 'b', parent: 'a' }, { traceId: other, id: 'z' }),
      traceRequest('cli', { traceId, id: 'a' }),
    );
    const spans = await readSpans(records, (span) => span.traceId === traceId);
    expect(spans.map(({ service, id, parentId }) => ({ service, id, parentId }))).toEqual([
      { service: 'kms', id: spanId('b'), parentId: spanId('a') },
      { service: 'cli', id: spanId('a'), parentId: null },
    ]);
  });

  it('have their values in each form that OTLP JSON allows', () => {
    const [request] = traceRequest('kms', { traceId: newTraceId(), id: 'a' }).resourceSpans;
    const [scope] = request?.scopeSpans ?? [];
    const [span] = scope?.spans ?? [];
    const attributes = [
      { key: 'integer', value: { intValue: '42' } },
      { key: 'huge', value: { intValue: '9223372036854775807' } },
      { key: 'real', value: { doubleValue: 0.5 } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }] } } },
      { key: 'none', value: {} },
    ];
    const upper = { ...span, traceId: span?.traceId.toUpperCase(), attributes, status: { code: 'STATUS_CODE_ERROR' } };
    expect(spansIn({ resourceSpans: [{ scopeSpans: [{ spans: [upper] }] }] })).toMatchObject([
      {
        traceId: span?.traceId,
        service: '',
        isError: true,
        attributes: { integer: 42, huge: '9223372036854775807', real: 0.5, list: '{"values":[{"stringValue":"x"}]}' },
      },
    ]);
  });

  it.each([
    [null],
    ['text'],
    [{ resourceSpans: {} }],
    [{ resourceSpans: [null, { scopeSpans: [{ spans: [{}] }] }] }],
    [{ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0'.repeat(32), spanId: 'a', startTimeUnixNano: 'x' }] }] }] }],
  ])('are none in %j', (record) => {
    expect(spansIn(record)).toEqual([]);
  });
});
