import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { importWrappingKey, KEY_BYTES, unwrapKey, type WrappingKey, wrapKey } from './barrier-jwe.ts';
import { type BarrierKey, barrierKeysStore } from './barrier-keys.store.ts';
import { barrierDamaged, tenantKeyMissing } from './barrier-errors.ts';

/** Content keys of the tenants, unwrapped while the barrier is unsealed. */
export interface ContentKeys {
  create(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  forget(tenantId: string): void;
  /** Those of which a key is in memory. */
  tenants(): readonly string[];
  /** The newest one, which wraps. */
  newest(tenantId: string): Promise<WrappingKey>;
  /** The one that a ciphertext names; null when it is none of this tenant's. */
  named(tenantId: string, id: string): Promise<WrappingKey | null>;
}

const claimsOf = (tenantId: string, id: string) => ({ purpose: 'content', barrier_key_id: id, tenant_id: tenantId }) as const;

/** Lives from one unseal to the next seal: with it all that it unwrapped is let go. */
export const createContentKeys = (options: {
  service: Database<ServiceTables>;
  intermediate: WrappingKey;
  now: () => number;
  random: (bytes: number) => Uint8Array;
}): ContentKeys => {
  const { intermediate, now, random } = options;
  const store = barrierKeysStore(options.service.db);
  /** One promise per tenant and key, so that many first callers unwrap once. */
  const tenants = new Map<string, Map<string, Promise<WrappingKey | null>>>();

  const open = async (stored: BarrierKey, tenantId: string): Promise<WrappingKey> => {
    const bytes = await unwrapKey(intermediate, claimsOf(tenantId, stored.id), stored.wrapped);
    if (!bytes) throw barrierDamaged(`the content key of tenant ${tenantId}`);
    return importWrappingKey(stored.id, bytes);
  };

  const once = (tenantId: string, slot: string, load: () => Promise<WrappingKey | null>): Promise<WrappingKey | null> => {
    const slots = tenants.get(tenantId) ?? new Map<string, Promise<WrappingKey | null>>();
    tenants.set(tenantId, slots);
    const known = slots.get(slot);
    if (known) return known;
    const loading = load();
    slots.set(slot, loading);
    // An absent key and a failure are forgotten, so that the next call looks again: the tenant may have been made meanwhile.
    const forget = () => slots.delete(slot);
    loading.then((key) => key ?? forget(), forget);
    return loading;
  };

  return {
    create: async (tx, tenantId) => {
      const id = randomUUIDv7();
      const bytes = random(KEY_BYTES);
      const wrapped = await wrapKey(intermediate, claimsOf(tenantId, id), bytes).finally(() => bytes.fill(0));
      await barrierKeysStore(tx).insertContentKey(tenantId, { id, wrapped, createdAt: now() });
    },
    forget: (tenantId) => void tenants.delete(tenantId),
    tenants: () => [...tenants].filter(([, slots]) => slots.size > 0).map(([tenantId]) => tenantId),
    newest: async (tenantId) => {
      const key = await once(tenantId, 'newest', async () => {
        const stored = await store.newest({ purpose: 'content', tenantId });
        return stored ? open(stored, tenantId) : null;
      });
      if (!key) throw tenantKeyMissing(tenantId);
      return key;
    },
    named: (tenantId, id) =>
      once(tenantId, id, async () => {
        const stored = await store.contentKey(tenantId, id);
        return stored ? open(stored, tenantId) : null;
      }),
  };
};
