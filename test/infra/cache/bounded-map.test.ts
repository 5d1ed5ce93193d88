import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';

const newKey = () => boundedKey(randomUUIDv7());

describe('A bounded map', () => {
  it('lets the least recently used entry go first', () => {
    const map = createBoundedMap<number>({ max: 2 });
    const [first, second, third] = [newKey(), newKey(), newKey()];
    map.set(first, 1);
    map.set(second, 2);
    map.get(first);
    map.set(third, 3);
    expect([map.get(first), map.get(second), map.get(third)]).toEqual([1, undefined, 3]);
    expect(map.size).toBe(2);
  });

  it('is empty after it was cleared', () => {
    const map = createBoundedMap<number>({ max: 1 });
    map.set(newKey(), 1);
    map.clear();
    expect(map.size).toBe(0);
  });
});
