import type { Database } from '#infra/database/databases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { keyMaterialDamaged, sealedError } from './barrier-errors.ts';
import { barrierDamaged } from './hierarchy/hierarchy-errors.ts';
import { deriveUnsealWrappingKey, headerText, rewrapKey, wrappedBy } from './hierarchy/barrier-jwe.ts';
import { barrierKeysStore } from './hierarchy/barrier-keys.store.ts';
import type { ContentKeys } from './content-keys.ts';
import { readHierarchy } from './hierarchy/hierarchy.ts';
import type { LiveHierarchy } from './hierarchy/live-hierarchy.ts';
import { retireIntermediates } from './hierarchy/retire-intermediates.ts';
import { replaceUnsealKey } from './hierarchy/replace-unseal-key.ts';
import { rotateIntermediate, rotateRoot } from './hierarchy/rotate.ts';
import type { BarrierRotation, KeyOfService } from './rotation.ts';

interface Unsealed {
  readonly hierarchy: LiveHierarchy;
  readonly contents: ContentKeys;
}

const keyOf = ({ id, version, createdAt }: KeyOfService): KeyOfService => ({ id, version, createdAt });

/** @param options.whileUnsealed runs an act with the keys in memory, and throws `sealed` where there are none, or none at its end */
export const createRotation = (options: {
  readonly service: Database<ServiceTables>;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly whileUnsealed: <T>(run: (now: Unsealed) => Promise<T>) => Promise<T>;
}): BarrierRotation => {
  const { service, now, random, whileUnsealed } = options;
  const store = barrierKeysStore(service.db);
  return {
    state: () =>
      whileUnsealed(async () => {
        const stored = await readHierarchy(service.db);
        if (stored === null) throw barrierDamaged('the root key');
        const [intermediate, ...older] = stored.intermediates;
        const contents = await store.newestContentKeys();
        return {
          root: keyOf(stored.root),
          intermediate: keyOf(intermediate),
          olderIntermediates: older.length,
          tenants: contents.length,
          olderContentKeys: contents.reduce((sum, { keys }) => sum + keys - 1, 0),
        };
      }),
    rotate: (level) =>
      whileUnsealed(({ hierarchy }) => (level === 'root' ? rotateRoot : rotateIntermediate)({ service, hierarchy, now, random })),
    isUnsealKey: (unsealKey) =>
      whileUnsealed(async () => {
        const [stored, { id }] = await Promise.all([readHierarchy(service.db), deriveUnsealWrappingKey(unsealKey)]);
        return stored !== null && wrappedBy(stored.root.wrapped) === id;
      }),
    replaceUnsealKey: (unsealKey) => whileUnsealed(({ hierarchy }) => replaceUnsealKey({ service, hierarchy }, unsealKey)),
    rotateContentKey: (tenantId) => whileUnsealed(({ contents }) => contents.rotate(tenantId)),
    contentKeys: () =>
      whileUnsealed(async () =>
        (await store.newestContentKeys()).map(({ tenantId, keys, ...key }) => ({ tenantId, keys, newest: keyOf(key) })),
      ),
    retireIntermediates: (signal) => whileUnsealed(({ hierarchy }) => retireIntermediates({ service, hierarchy, now, signal })),
    rewrapping: (tenantId) =>
      whileUnsealed(async ({ contents }) => {
        const newest = await contents.newest(tenantId);
        return (wrapped) =>
          whileUnsealed(async (later) => {
            // Sealed and unsealed meanwhile: what was unwrapped before is to be forgotten.
            if (later.contents !== contents) throw sealedError();
            const kid = wrappedBy(wrapped);
            if (kid === newest.id) return null;
            const from = await contents.named(tenantId, kid ?? '');
            const again = from && (await rewrapKey(from, newest, wrapped));
            if (!again) throw keyMaterialDamaged(headerText(wrapped, 'material_key_id') ?? '');
            return again;
          });
      }),
    removeOlderContentKeys: ({ tenantId, newest: { version } }) => whileUnsealed(() => store.deleteOlderContentKeys({ tenantId, version })),
  };
};
