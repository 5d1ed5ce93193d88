import { keyScopeOf, type ScopedKeys } from '#infra/magic/key-scopes.ts';
import type { FineScope } from '#infra/magic/magic.ts';

/** An elastic key as far as scopes reach it. */
export interface ScopedKey {
  readonly id: string;
  /** Null where another key had this name before: scopes by that name are none of this key. */
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** What one list of scopes gives. */
export interface GivenScopes {
  /** For all keys of the tenant, and for acts that are about none. */
  readonly whole: ReadonlySet<FineScope>;
  readonly some: readonly { readonly keys: ScopedKeys; readonly rights: readonly FineScope[] }[];
}

/** The scopes of a caller who holds some for single keys alone: a right is his where each of these lists gives it. */
export type KeyScopes = readonly GivenScopes[];

/** Whether the key is one of those. */
export const isScopedKey = (keys: ScopedKeys, { id, name, labels }: ScopedKey): boolean =>
  keys.kind === 'key' ? keys.key === id || keys.key === name : Object.hasOwn(labels, keys.name) && labels[keys.name] === keys.value;

const eachGives = (lists: KeyScopes | undefined, gives: (list: GivenScopes) => boolean): boolean =>
  lists !== undefined && lists.length > 0 && lists.every(gives);

/** Whether these scopes give the right for this key; where there are none, they do not. */
export const reaches = (lists: KeyScopes | undefined, right: FineScope, key: ScopedKey): boolean =>
  eachGives(
    lists,
    ({ whole, some }) => whole.has(right) || some.some(({ keys, rights }) => rights.includes(right) && isScopedKey(keys, key)),
  );

/** Whether there could be a key for which these scopes give the right. */
export const mayReach = (lists: KeyScopes | undefined, right: FineScope): boolean =>
  eachGives(lists, ({ whole, some }) => whole.has(right) || some.some(({ rights }) => rights.includes(right)));

/** Whether these scopes name the key by what a request calls it: then they hide nothing of it, not even that there is none. */
export const namesKey = (lists: KeyScopes | undefined, right: FineScope, asked: string): boolean =>
  eachGives(
    lists,
    ({ whole, some }) =>
      whole.has(right) || some.some(({ keys, rights }) => keys.kind === 'key' && keys.key === asked && rights.includes(right)),
  );

/** By list, the keys for which it gives the right; a list that gives it for all is left out. */
export const keysReached = (lists: KeyScopes, right: FineScope): readonly (readonly ScopedKeys[])[] =>
  lists
    .filter(({ whole }) => !whole.has(right))
    .map(({ some }) => some.filter(({ rights }) => rights.includes(right)).map(({ keys }) => keys));

/** Those scopes of a list that are for single keys. */
export const keyScopesOf = (scopes: readonly string[]): GivenScopes['some'] => scopes.flatMap((scope) => keyScopeOf(scope) ?? []);
