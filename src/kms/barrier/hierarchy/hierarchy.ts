import type { KeyObject } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierDamaged, unsealFailed } from './hierarchy-errors.ts';
import { type BarrierClaims, headerText, importWrappingKey, unwrapKey, type WrappingKey, wrapKey, wrappedBy } from './barrier-jwe.ts';
import { type BarrierKey, barrierKeysStore, type ServiceKey } from './barrier-keys.store.ts';
import { deriveRowRoot, importRowRoot } from './tenant-keys.ts';

/** The keys above the tenants as the database has them. */
export interface StoredHierarchy {
  readonly root: ServiceKey;
  /** Newest first: that one wraps, the others open what they wrapped until it is wrapped anew. */
  readonly intermediates: readonly [ServiceKey, ...ServiceKey[]];
  readonly rowKeys: readonly ServiceKey[];
}

/** In one statement, so that a rotation is seen as a whole or not at all; null where there is no hierarchy yet. */
export const readHierarchy = async (db: Kysely<ServiceTables>): Promise<StoredHierarchy | null> => {
  const keys = await barrierKeysStore(db).ofService();
  const [root] = keys.filter(({ purpose }) => purpose === 'root');
  const [intermediate, ...older] = keys.filter(({ purpose }) => purpose === 'intermediate');
  if (root === undefined || intermediate === undefined) return null;
  return { root, intermediates: [intermediate, ...older], rowKeys: keys.filter(({ purpose }) => purpose === 'rows') };
};

/** The words that tell a key's place; a key of version 1 says no version, see `Versioned`. */
export const placeOf = ({ id, version }: Pick<BarrierKey, 'id' | 'version'>) =>
  version === 1 ? { barrier_key_id: id } : { barrier_key_id: id, version };

/** An intermediate below which every row that decides carries a tag, and the ledger of its database lists it. */
const LISTED = { purpose: 'intermediate', rows: 'listed' } as const;
/** One from before there were ledgers. */
const TAGGED = { purpose: 'intermediate', rows: 'tagged' } as const;

export const listedClaims = (key: Pick<BarrierKey, 'id' | 'version'>, rowKeyId: string | null) => ({
  ...LISTED,
  ...placeOf(key),
  ...(rowKeyId === null ? {} : { row_key: rowKeyId }),
});

/** What a version before this one has left undone: rows without a tag, or tags that no ledger lists. */
export type RowsToAdopt = 'untagged' | 'tagged';

/** The adoption of rows that are not listed yet: `adopted` is what takes the place of `before` once they all are. */
export interface DueAdoption {
  readonly rows: RowsToAdopt;
  readonly before: BarrierKey;
  readonly adopted: string;
}

/** What stays in memory of the hierarchy above the tenants. */
export interface OpenedHierarchy {
  readonly root: WrappingKey;
  /** Newest first. */
  readonly intermediates: readonly [WrappingKey, ...WrappingKey[]];
  /** The key above the row keys of all tenants. */
  readonly rowRoot: KeyObject;
  /** Null where the intermediate says that all rows are listed. */
  readonly due: DueAdoption | null;
}

const open = async (above: WrappingKey, claims: BarrierClaims, { wrapped }: BarrierKey, what: string): Promise<Uint8Array> => {
  const bytes = await unwrapKey(above, claims, wrapped);
  if (!bytes) throw barrierDamaged(what);
  return bytes;
};

const INTERMEDIATE = 'the intermediate key';

/** The word about the rows stands in the authenticated header, so that nobody without the shares can add it or take it away. */
const openNewest = async (root: WrappingKey, stored: BarrierKey, rowKeys: readonly BarrierKey[]) => {
  const { wrapped } = stored;
  const rowKeyId = headerText(wrapped, 'row_key');
  const listed = await unwrapKey(root, listedClaims(stored, rowKeyId), wrapped);
  const tagged = listed ? null : await unwrapKey(root, { ...TAGGED, ...placeOf(stored) }, wrapped);
  const bytes = listed ?? tagged ?? (await open(root, { purpose: 'intermediate', ...placeOf(stored) }, stored, INTERMEDIATE));
  const rowKey = rowKeys.find(({ id }) => id === rowKeyId);
  if (rowKeyId !== null && rowKey === undefined) throw barrierDamaged('the key of the tags of rows');
  const rowRoot =
    rowKey === undefined
      ? deriveRowRoot(bytes)
      : importRowRoot(await open(root, { purpose: 'rows', ...placeOf(rowKey) }, rowKey, 'the key of the tags of rows'));
  const due: DueAdoption | null = listed
    ? null
    : { rows: tagged ? 'tagged' : 'untagged', before: stored, adopted: await wrapKey(root, listedClaims(stored, null), bytes) };
  return { wrapping: await importWrappingKey(stored.id, bytes), rowRoot, due };
};

/** Older ones are listed, too: one that is not is not rotated. */
const openOlder = async (root: WrappingKey, stored: BarrierKey): Promise<WrappingKey> => {
  const claims = listedClaims(stored, headerText(stored.wrapped, 'row_key'));
  return importWrappingKey(stored.id, await open(root, claims, stored, INTERMEDIATE));
};

/**
 * The root key, from memory where it is the one that the database has: the unseal key may be another one since then.
 *
 * @throws AppError `unseal-failed` where the root is wrapped under another unseal key
 */
export const openRoot = async (unsealing: WrappingKey, stored: ServiceKey, known?: WrappingKey): Promise<WrappingKey> => {
  if (known?.id === stored.id) return known;
  if (wrappedBy(stored.wrapped) !== unsealing.id) throw unsealFailed();
  return importWrappingKey(stored.id, await open(unsealing, { purpose: 'root', ...placeOf(stored) }, stored, 'the root key'));
};

/**
 * Down the hierarchy to the intermediates.
 *
 * @throws AppError `barrier-damaged` 500
 */
export const openBelow = async (root: WrappingKey, { intermediates, rowKeys }: StoredHierarchy): Promise<OpenedHierarchy> => {
  const [newest, ...older] = intermediates;
  const { wrapping, rowRoot, due } = await openNewest(root, newest, rowKeys);
  return { root, intermediates: [wrapping, ...(await Promise.all(older.map((key) => openOlder(root, key))))], rowRoot, due };
};
