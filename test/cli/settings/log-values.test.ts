import { describe, expect, it } from 'vitest';
import { epochOf, moment, traceReference } from '#cli/settings/log-values.ts';

const NOW = Date.UTC(2026, 10, 28, 14, 30);

describe('A moment', () => {
  it.each([
    ['30s', '2026-11-28T14:29:30.000Z'],
    ['5m', '2026-11-28T14:25:00.000Z'],
    ['2h', '2026-11-28T12:30:00.000Z'],
    ['1d', '2026-11-27T14:30:00.000Z'],
    ['14:30', '2026-11-28T14:30:00.000Z'],
    ['14:30:05', '2026-11-27T14:30:05.000Z'],
    ['08:00:01.5', '2026-11-28T08:00:01.500Z'],
    ['2026-11-28', '2026-11-28T00:00:00.000Z'],
    ['2026-11-28T10:00', '2026-11-28T10:00:00.000Z'],
    ['2026-11-28 10:00:01.25', '2026-11-28T10:00:01.250Z'],
    ['2026-11-28T10:00:00+02:00', '2026-11-28T08:00:00.000Z'],
  ])('is an age, a time of the last day or a date, in UTC where no zone is told: %s', (text, expected) => {
    const read = moment.fromText(text, '/');
    expect(read && new Date(epochOf(read, NOW)).toISOString()).toBe(expected);
  });

  it.each(['', '5', '5 m', 'yesterday', '25:00', '2026-13-01', '2026-11-28T25:00Z', '-5m', '12345678d'])('is not %j', (text) => {
    expect(moment.fromText(text, '/')).toBeUndefined();
  });
});

describe('What names a trace', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';

  it.each([
    [id, id],
    [id.toUpperCase(), id],
    ['4bf9', '4bf9'],
    [` ${id} `, id],
    [`trace=${id.slice(0, 8)}`, id.slice(0, 8)],
    [`00-${id}-00f067aa0ba902b7-01`, id],
  ])('is its id, the first digits of it, a field of a log or a traceparent: %s', (text, expected) => {
    expect(traceReference.fromText(text, '/')).toBe(expected);
  });

  it.each(['', '4bf', 'demo', `${id}0`, `00-${id}-00f067aa0ba902b7`])('is not %j', (text) => {
    expect(traceReference.fromText(text, '/')).toBeUndefined();
  });
});
