import { type BoundedKey, ownKey } from './bounded-key.ts';

/** A map that holds at most so many entries and lets the least recently used one go first. */
export interface BoundedMap<V> {
  get(key: BoundedKey): V | undefined;
  set(key: BoundedKey, value: V): void;
  delete(key: BoundedKey): void;
  clear(): void;
  readonly size: number;
}

/** @param max entries, at least 1 */
export const createBoundedMap = <V>({ max }: { max: number }): BoundedMap<V> => {
  const entries = new Map<BoundedKey, { readonly own: BoundedKey; value: V }>();
  return {
    get: (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      // A Map iterates in order of insertion: putting the entry in again makes it the youngest.
      entries.delete(key);
      entries.set(entry.own, entry);
      return entry.value;
    },
    set: (key, value) => {
      const entry = entries.get(key) ?? { own: ownKey(key), value };
      entry.value = value;
      entries.delete(key);
      entries.set(entry.own, entry);
      const oldest = entries.keys().next();
      if (entries.size > max && !oldest.done) entries.delete(oldest.value);
    },
    delete: (key) => {
      entries.delete(key);
    },
    clear: () => entries.clear(),
    get size() {
      return entries.size;
    },
  };
};
