import type { Database } from '#infra/database/databases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierChanged, barrierDamaged, unsealKeyChanged } from './hierarchy-errors.ts';
import { deriveUnsealWrappingKey, rewrapKey, wrappedBy } from './barrier-jwe.ts';
import { barrierKeysStore } from './barrier-keys.store.ts';
import { readHierarchy } from './hierarchy.ts';
import type { LiveHierarchy } from './live-hierarchy.ts';

/**
 * Wraps the root, which stays the same, under another unseal key. What is in memory goes on to serve, here and in other replicas.
 *
 * @param unsealKey 32 bytes; not changed
 * @throws AppError `unseal-key-changed` 409, `barrier-changed` 409
 */
export const replaceUnsealKey = async (
  { service, hierarchy }: { readonly service: Database<ServiceTables>; readonly hierarchy: LiveHierarchy },
  unsealKey: Uint8Array,
): Promise<void> => {
  const [stored, after] = await Promise.all([readHierarchy(service.db), deriveUnsealWrappingKey(unsealKey)]);
  const before = hierarchy.unsealing();
  if (stored === null) throw barrierDamaged('the root key');
  if (wrappedBy(stored.root.wrapped) !== before.id) throw unsealKeyChanged();
  const wrapped = await rewrapKey(before, after, stored.root.wrapped);
  if (wrapped === null) throw barrierDamaged('the root key');
  if (!(await barrierKeysStore(service.db).replace(stored.root, wrapped))) throw barrierChanged();
  hierarchy.unsealBy(after);
};
