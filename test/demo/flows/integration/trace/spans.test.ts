import { describe, expect, it } from 'vitest';
import { spansOf } from '#demo/flows/integration/trace/spans.ts';
import { unique } from '#test/support/demo-engine.ts';

const record = (service: string, ...spans: { traceId: string; spanId: string; parentSpanId?: string }[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ spans: spans.map((span) => ({ ...span, name: 'work', attributes: [{ key: 'db.system.name' }] })) }],
    },
  ],
});

describe('spansOf', () => {
  it('finds the spans of one trace in all that was received, whichever service sent them', async () => {
    const [traceId, other] = [unique('trace'), unique('trace')];
    const records = async function* () {
      yield record('kms', { traceId, spanId: '2', parentSpanId: '1' }, { traceId: other, spanId: '9' });
      yield {};
      yield record('cli', { traceId, spanId: '1' });
    };
    expect(await spansOf(records(), traceId)).toEqual([
      { service: 'kms', name: 'work', id: '2', parent: '1', attributes: ['db.system.name'] },
      { service: 'cli', name: 'work', id: '1', parent: '', attributes: ['db.system.name'] },
    ]);
  });
});
