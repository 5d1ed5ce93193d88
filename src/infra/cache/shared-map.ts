import { type BoundedKey, ownKey } from './bounded-key.ts';

interface Entry<V> {
  readonly own: BoundedKey;
  value: V;
}

/**
 * A map that owners share and that holds at most so many entries together. Once it is full, an entry of the owner that has most goes, the
 * least recently used one: so no owner that has few loses any to one that asks for many.
 */
export interface SharedMap<V> {
  get(owner: BoundedKey, key: BoundedKey): V | undefined;
  set(owner: BoundedKey, key: BoundedKey, value: V): void;
  delete(owner: BoundedKey, key: BoundedKey): void;
  /** Deletes every entry of the owner whose key begins so. */
  deletePrefix(owner: BoundedKey, prefix: string): void;
  deleteOwner(owner: BoundedKey): void;
  /** Deletes every entry of all owners of which this is true. */
  deleteWhere(isOver: (value: V) => boolean): void;
  clear(): void;
  /** Entries of all owners. */
  readonly size: number;
}

/** @param max entries, at least 1 */
export const createSharedMap = <V>({ max }: { max: number }): SharedMap<V> => {
  /** None is empty. */
  const owners = new Map<BoundedKey, Map<BoundedKey, Entry<V>>>();
  let size = 0;

  const remove = (owner: BoundedKey, key: BoundedKey): void => {
    const entries = owners.get(owner);
    if (entries?.delete(key) !== true) return;
    size -= 1;
    if (entries.size === 0) owners.delete(owner);
  };

  /** Of owners that have equally many, the one that came first. */
  const evict = (): void => {
    let most: readonly [owner: BoundedKey, entries: Map<BoundedKey, Entry<V>>] | undefined;
    for (const each of owners) if (most === undefined || each[1].size > most[1].size) most = each;
    const oldest = most?.[1].keys().next();
    if (most !== undefined && oldest?.done === false) remove(most[0], oldest.value);
  };

  const entriesOf = (owner: BoundedKey): Map<BoundedKey, Entry<V>> => {
    const known = owners.get(owner);
    if (known !== undefined) return known;
    const entries = new Map<BoundedKey, Entry<V>>();
    owners.set(ownKey(owner), entries);
    return entries;
  };

  return {
    get: (owner, key) => {
      const entries = owners.get(owner);
      const entry = entries?.get(key);
      if (entries === undefined || entry === undefined) return undefined;
      // A Map iterates in order of insertion: putting the entry in again makes it the youngest.
      entries.delete(key);
      entries.set(entry.own, entry);
      return entry.value;
    },
    set: (owner, key, value) => {
      const entry = owners.get(owner)?.get(key) ?? { own: ownKey(key), value };
      entry.value = value;
      remove(owner, key);
      entriesOf(owner).set(entry.own, entry);
      size += 1;
      if (size > max) evict();
    },
    delete: remove,
    deletePrefix: (owner, prefix) => {
      for (const key of owners.get(owner)?.keys() ?? []) if (key.startsWith(prefix)) remove(owner, key);
    },
    deleteOwner: (owner) => {
      size -= owners.get(owner)?.size ?? 0;
      owners.delete(owner);
    },
    deleteWhere: (isOver) => {
      for (const [owner, entries] of owners) for (const [key, { value }] of entries) if (isOver(value)) remove(owner, key);
    },
    clear: () => {
      owners.clear();
      size = 0;
    },
    get size() {
      return size;
    },
  };
};
