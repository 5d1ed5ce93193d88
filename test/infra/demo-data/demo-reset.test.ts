import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isToSettle, latestResetOf, pendingOf } from '#infra/demo-data/demo-reset.ts';

describe('a demo reset', () => {
  const id = randomUUIDv7();

  it.each(['committed', 'rolled-back'] as const)('that is pending is to be %s', (outcome) => {
    expect(isToSettle({ id, state: 'pending' }, id, outcome)).toBe(true);
  });

  it.each(['committed', 'rolled-back'] as const)('that is %s stays so when it is asked for again', (outcome) => {
    expect(isToSettle({ id, state: outcome }, id, outcome)).toBe(false);
  });

  it.each([
    ['committed', 'rolled-back'],
    ['rolled-back', 'committed'],
  ] as const)('that is %s can no longer be %s', (state, outcome) => {
    expect(() => isToSettle({ id, state }, id, outcome)).toThrow(expect.objectContaining({ code: 'demo-reset-settled', status: 409 }));
  });

  it('is read from a row, and refused in a state that is not known', () => {
    expect(latestResetOf(undefined)).toBeUndefined();
    expect(latestResetOf({ id, state: 'pending' })).toEqual({ id, state: 'pending' });
    expect(() => latestResetOf({ id, state: 'paused' })).toThrow(expect.objectContaining({ code: 'internal-error' }));
    expect(pendingOf({ id, state: 'pending' })).toBe(id);
    for (const latest of [undefined, { id, state: 'committed' }, { id, state: 'rolled-back' }] as const)
      expect(pendingOf(latest)).toBeNull();
  });

  it('that is unknown, or that a later one replaced, is not found', () => {
    const notFound = expect.objectContaining({ code: 'demo-reset-not-found', status: 404 });
    expect(() => isToSettle(undefined, id, 'committed')).toThrow(notFound);
    expect(() => isToSettle({ id: randomUUIDv7(), state: 'pending' }, id, 'committed')).toThrow(notFound);
  });
});
