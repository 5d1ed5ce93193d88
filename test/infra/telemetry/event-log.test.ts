import { describe, expect, it } from 'vitest';
import { createEventLog } from '#infra/telemetry/event-log.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';

type Event = { readonly type: 'opened' } | { readonly type: 'refused'; readonly reason: 'busy' };

describe('The events of a server', () => {
  it('are log lines, counted by type and reason', () => {
    const told: unknown[] = [];
    const write = (level: string) => (message: string, attributes?: Attributes) => void told.push([level, message, attributes]);
    const emit = createEventLog<Event>(
      { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      {
        count: (value, attributes) => void told.push(['count', value, attributes]),
        lineOf: (event) => (event.type === 'opened' ? ['info', 'opened', {}] : ['warn', 'refused', { reason: event.reason }]),
      },
    );
    emit({ type: 'opened' });
    emit({ type: 'refused', reason: 'busy' });
    expect(told).toEqual([
      ['count', 1, { operation: 'opened' }],
      ['info', 'opened', {}],
      ['count', 1, { operation: 'refused', reason: 'busy' }],
      ['warn', 'refused', { reason: 'busy' }],
    ]);
  });
});
