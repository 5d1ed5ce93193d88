import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { tenantKeyMissing } from './barrier-errors.ts';
import { barrierDamaged } from './hierarchy/hierarchy-errors.ts';
import { importWrappingKey, KEY_BYTES, unwrapKey, type WrappingKey, wrapKey, wrappedBy } from './hierarchy/barrier-jwe.ts';
import { barrierKeysStore, type ContentKey } from './hierarchy/barrier-keys.store.ts';
import { placeOf } from './hierarchy/hierarchy.ts';
import type { LiveHierarchy } from './hierarchy/live-hierarchy.ts';

/** Content keys of the tenants, unwrapped while the barrier is unsealed. */
export interface ContentKeys {
  create(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  /** Makes the next version of a tenant's content key, which wraps from then on. @returns whether the tenant has any to follow */
  rotate(tenantId: string): Promise<boolean>;
  forget(tenantId: string): void;
  /** Those of which a key is in memory. */
  tenants(): readonly string[];
  /** The newest one, which wraps: the database is asked which that is, because another replica may have made it. */
  newest(tenantId: string): Promise<WrappingKey>;
  /** The one that a ciphertext names; null when it is none of this tenant's. */
  named(tenantId: string, id: string): Promise<WrappingKey | null>;
}

const claimsOf = ({ tenantId, ...key }: Pick<ContentKey, 'tenantId' | 'id' | 'version'>) =>
  ({ purpose: 'content', ...placeOf(key), tenant_id: tenantId }) as const;

/** Lives from one unseal to the next seal: with it all that it unwrapped is let go. */
export const createContentKeys = (options: {
  service: Database<ServiceTables>;
  hierarchy: LiveHierarchy;
  now: () => number;
  random: (bytes: number) => Uint8Array;
}): ContentKeys => {
  const { service, hierarchy, now, random } = options;
  const store = barrierKeysStore(service.db);
  /** One promise per tenant and key, so that many first callers unwrap once. */
  const tenants = new Map<string, Map<string, Promise<WrappingKey | null>>>();

  const open = async (stored: ContentKey): Promise<WrappingKey> => {
    const above = await hierarchy.named(service.db, wrappedBy(stored.wrapped));
    const bytes = above && (await unwrapKey(above, claimsOf(stored), stored.wrapped));
    if (!bytes) throw barrierDamaged(`the content key of tenant ${stored.tenantId}`);
    return importWrappingKey(stored.id, bytes);
  };

  const once = (tenantId: string, id: string, load: () => Promise<WrappingKey | null>): Promise<WrappingKey | null> => {
    const slots = tenants.get(tenantId) ?? new Map<string, Promise<WrappingKey | null>>();
    tenants.set(tenantId, slots);
    const known = slots.get(id);
    if (known) return known;
    const loading = load();
    slots.set(id, loading);
    // An absent key and a failure are forgotten, so that the next call looks again: the tenant may have been made meanwhile.
    const forget = () => slots.delete(id);
    loading.then((key) => key ?? forget(), forget);
    return loading;
  };

  const make = async (above: WrappingKey, place: Pick<ContentKey, 'tenantId' | 'version'>): Promise<ContentKey> => {
    const key = { ...place, id: randomUUIDv7(), createdAt: now() };
    const bytes = random(KEY_BYTES);
    return { ...key, wrapped: await wrapKey(above, claimsOf(key), bytes).finally(() => bytes.fill(0)) };
  };

  return {
    create: async (tx, tenantId) => {
      await barrierKeysStore(tx).insertContentKey(await make(await hierarchy.newest(tx), { tenantId, version: 1 }));
    },
    rotate: async (tenantId) => {
      const before = await store.newestContentKey(tenantId);
      if (before === undefined) return false;
      await store.insertContentKey(await make(await hierarchy.newest(service.db), { tenantId, version: before.version + 1 }));
      return true;
    },
    forget: (tenantId) => void tenants.delete(tenantId),
    tenants: () => [...tenants].filter(([, slots]) => slots.size > 0).map(([tenantId]) => tenantId),
    newest: async (tenantId) => {
      const stored = await store.newestContentKey(tenantId);
      const key = stored && (await once(tenantId, stored.id, () => open(stored)));
      if (!key) throw tenantKeyMissing(tenantId);
      return key;
    },
    named: (tenantId, id) =>
      once(tenantId, id, async () => {
        const stored = await store.contentKey(tenantId, id);
        return stored ? open(stored) : null;
      }),
  };
};
