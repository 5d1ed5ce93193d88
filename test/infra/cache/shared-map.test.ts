import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createSharedMap } from '#infra/cache/shared-map.ts';

const newKey = () => boundedKey(randomUUIDv7());
const newKeys = (count: number) => Array.from({ length: count }, newKey);

describe('A map that owners share', () => {
  it('lets an owner that asks for many evict its own entries, and none of an owner that has few', () => {
    const map = createSharedMap<number>({ max: 10 });
    const [greedy, modest] = [newKey(), newKey()];
    const few = newKeys(3);
    for (const key of few) map.set(modest, key, 1);
    const many = newKeys(1_000);
    for (const key of many) map.set(greedy, key, 2);
    expect(few.map((key) => map.get(modest, key))).toEqual([1, 1, 1]);
    expect(many.filter((key) => map.get(greedy, key) !== undefined)).toEqual(many.slice(-7));
    expect(map.size).toBe(10);
  });

  it('gives an owner that comes late its place, at the cost of the one that has most', () => {
    const map = createSharedMap<number>({ max: 10 });
    const [first, late] = [newKey(), newKey()];
    for (const key of newKeys(10)) map.set(first, key, 1);
    const keys = newKeys(5);
    for (const key of keys) map.set(late, key, 2);
    expect(keys.map((key) => map.get(late, key))).toEqual([2, 2, 2, 2, 2]);
    expect(map.size).toBe(10);
  });

  it('lets the least recently used entry of an owner go first', () => {
    const map = createSharedMap<number>({ max: 2 });
    const [owner, [first, second, third]] = [
      newKey(),
      newKeys(3) as [ReturnType<typeof newKey>, ReturnType<typeof newKey>, ReturnType<typeof newKey>],
    ];
    map.set(owner, first, 1);
    map.set(owner, second, 2);
    map.get(owner, first);
    map.set(owner, third, 3);
    expect([first, second, third].map((key) => map.get(owner, key))).toEqual([1, undefined, 3]);
  });

  it('counts an entry once that is set again, and none that was deleted', () => {
    const map = createSharedMap<number>({ max: 10 });
    const [owner, other, key] = newKeys(3) as [ReturnType<typeof newKey>, ReturnType<typeof newKey>, ReturnType<typeof newKey>];
    map.set(owner, key, 1);
    map.set(owner, key, 2);
    map.set(other, key, 3);
    expect([map.get(owner, key), map.size]).toEqual([2, 2]);
    map.delete(owner, key);
    map.delete(owner, key);
    expect([map.get(owner, key), map.get(other, key), map.size]).toEqual([undefined, 3, 1]);
    map.clear();
    expect(map.size).toBe(0);
  });

  it('deletes what begins alike, or all of an owner, and nothing of others', () => {
    const map = createSharedMap<number>({ max: 10 });
    const [owner, other] = [newKey(), newKey()];
    const [mine, yours] = [randomUUIDv7(), randomUUIDv7()];
    for (const of of [owner, other]) for (const name of [`${mine}/1`, `${mine}/2`, `${yours}/1`]) map.set(of, boundedKey(name), 1);
    map.deletePrefix(owner, `${mine}/`);
    expect([map.get(owner, boundedKey(`${mine}/1`)), map.get(owner, boundedKey(`${yours}/1`)), map.size]).toEqual([undefined, 1, 4]);
    map.deleteOwner(owner);
    map.deleteOwner(owner);
    expect([map.get(owner, boundedKey(`${yours}/1`)), map.size]).toEqual([undefined, 3]);
  });

  it('loses the entries of all owners that are over, and no others', () => {
    const map = createSharedMap<number>({ max: 10 });
    const [one, other] = [newKey(), newKey()];
    const [young, old] = [newKey(), newKey()];
    for (const owner of [one, other]) {
      map.set(owner, young, 1);
      map.set(owner, old, 2);
    }
    map.deleteWhere((value) => value > 1);
    expect([map.get(one, young), map.get(one, old), map.get(other, young), map.get(other, old)]).toEqual([1, undefined, 1, undefined]);
    expect(map.size).toBe(2);
  });
});
