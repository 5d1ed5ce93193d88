import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';

describe('A bounded map', () => {
  it('lets the least recently used entry go first', () => {
    const map = createBoundedMap<number>({ max: 2 });
    const [first, second, third] = [randomUUIDv7(), randomUUIDv7(), randomUUIDv7()] as [string, string, string];
    map.set(first, 1);
    map.set(second, 2);
    map.get(first);
    map.set(third, 3);
    expect([map.get(first), map.get(second), map.get(third)]).toEqual([1, undefined, 3]);
    expect(map.size).toBe(2);
  });

  it('deletes what begins alike and nothing else', () => {
    const map = createBoundedMap<number>({ max: 10 });
    const [mine, other] = [randomUUIDv7(), randomUUIDv7()];
    map.set(`${mine}/1`, 1);
    map.set(`${mine}/2`, 2);
    map.set(`${other}/1`, 3);
    map.deletePrefix(`${mine}/`);
    expect([map.get(`${mine}/1`), map.get(`${mine}/2`), map.get(`${other}/1`)]).toEqual([undefined, undefined, 3]);
  });

  it('is empty after it was cleared', () => {
    const map = createBoundedMap<number>({ max: 1 });
    map.set(randomUUIDv7(), 1);
    map.clear();
    expect(map.size).toBe(0);
  });
});
