import { randomUUIDv7 } from 'node:crypto';
import type { Database } from '#infra/database/databases.ts';
import { rowsNotAdopted } from '#kms/integrity/row-integrity.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierDamaged, barrierChanged, unsealKeyChanged } from './hierarchy-errors.ts';
import { importWrappingKey, KEY_BYTES, rewrapKey, type WrappingKey, wrapKey, wrappedBy } from './barrier-jwe.ts';
import { barrierKeysStore, type ServiceKey } from './barrier-keys.store.ts';
import { listedClaims, placeOf } from './hierarchy.ts';
import type { LiveHierarchy } from './live-hierarchy.ts';

export interface RotateOptions {
  readonly service: Database<ServiceTables>;
  readonly hierarchy: LiveHierarchy;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

/** New key material as a row and as a key; the bytes are gone after that. */
const make = async (
  above: WrappingKey,
  key: Pick<ServiceKey, 'purpose' | 'id' | 'version' | 'createdAt'>,
  bytes: Uint8Array,
  claims: Parameters<typeof wrapKey>[1],
): Promise<{ readonly row: ServiceKey; readonly wrapping: WrappingKey }> => {
  const wrapped = await wrapKey(above, claims, bytes);
  return { row: { ...key, wrapped }, wrapping: await importWrappingKey(key.id, bytes) };
};

/**
 * Makes a new root key, and wraps what is below it anew; the old one is gone with the same commit. What other replicas have in memory
 * goes on to serve.
 *
 * @throws AppError `unseal-key-changed` 409, `rows-not-adopted` 503, `barrier-changed` 409
 */
export const rotateRoot = async ({ service, hierarchy, now, random }: RotateOptions): Promise<void> => {
  const { stored, opened } = await hierarchy.refresh(service.db);
  if (opened.due) throw rowsNotAdopted();
  const unsealing = hierarchy.unsealing();
  if (wrappedBy(stored.root.wrapped) !== unsealing.id) throw unsealKeyChanged();
  const key = { purpose: 'root', id: randomUUIDv7(), version: stored.root.version + 1, createdAt: now() } as const;
  const root = await make(unsealing, key, random(KEY_BYTES), { purpose: 'root', ...placeOf(key) });
  const below = await Promise.all(
    [...stored.intermediates, ...stored.rowKeys].map(async (before) => {
      const wrapped = await rewrapKey(opened.root, root.wrapping, before.wrapped);
      if (wrapped === null) throw barrierDamaged(`the key ${before.id}`);
      return { before, wrapped };
    }),
  );
  await service.transaction(async (tx) => {
    const store = barrierKeysStore(tx);
    // First, as a lock: who makes an intermediate at the same time takes it, too.
    if (!(await store.remove(stored.root))) throw barrierChanged();
    const present = await store.ofService();
    if (present.length !== below.length) throw barrierChanged();
    for (const { before, wrapped } of below) if (!(await store.replace(before, wrapped))) throw barrierChanged();
    await store.insertServiceKey(root.row);
  });
  await hierarchy.refresh(service.db);
};

/**
 * Makes a new intermediate key, which wraps content keys from then on; older ones stay until nothing names them. The key of the tags of
 * rows, which is derived from the first intermediate, becomes a key of its own with the same commit, so that every tag stays right.
 *
 * @throws AppError `rows-not-adopted` 503, `barrier-changed` 409
 */
export const rotateIntermediate = async ({ service, hierarchy, now, random }: RotateOptions): Promise<void> => {
  const { stored, opened } = await hierarchy.refresh(service.db);
  if (opened.due) throw rowsNotAdopted();
  const [before] = stored.intermediates;
  const [known] = stored.rowKeys;
  const rows = { purpose: 'rows', id: randomUUIDv7(), version: 1, createdAt: now() } as const;
  const rowKey = known === undefined ? await make(opened.root, rows, opened.rowRoot.export(), { purpose: 'rows', ...placeOf(rows) }) : null;
  const key = { purpose: 'intermediate', id: randomUUIDv7(), version: before.version + 1, createdAt: now() } as const;
  const { row } = await make(opened.root, key, random(KEY_BYTES), listedClaims(key, known?.id ?? rows.id));
  await service.transaction(async (tx) => {
    const store = barrierKeysStore(tx);
    // As a lock: a root that is rotated at the same time would leave this one below the old root.
    if (!(await store.replace(stored.root, stored.root.wrapped))) throw barrierChanged();
    if (rowKey !== null) await store.insertServiceKey(rowKey.row);
    await store.insertServiceKey(row);
  });
  await hierarchy.refresh(service.db);
};
