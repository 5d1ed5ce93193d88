import { randomBytes } from 'node:crypto';
import { keyMaterialDamaged, sealedError } from './barrier-errors.ts';
import { type BarrierClaims, unwrapKey, type WrappingKey, wrapKey, wrappedBy } from './barrier-jwe.ts';
import { barrierKeysStore } from './barrier-keys.store.ts';
import type { Barrier, MaterialKeyAddress, WrappedMaterial } from './barrier.ts';
import { type ContentKeys, createContentKeys } from './content-keys.ts';
import { type BarrierOptions, type DueAdoption, openIntermediate } from './hierarchy.ts';
import { createRowKeys, type RowKeys } from './row-keys.ts';

const placeOf = ({ tenantId, elasticKeyId, materialKeyId }: MaterialKeyAddress) =>
  ({ purpose: 'material', tenant_id: tenantId, elastic_key_id: elasticKeyId, material_key_id: materialKeyId }) as const;

const claimsOf = (of: MaterialKeyAddress): BarrierClaims => ({
  ...placeOf(of),
  version: of.version,
  algorithm: of.algorithm,
  use: of.use,
});

const wrapMaterial = async (key: WrappingKey, of: MaterialKeyAddress, plaintext: Uint8Array): Promise<WrappedMaterial> => {
  const expected = await wrapKey(key, claimsOf(of), plaintext);
  return {
    asVersion: async (version) => {
      if (version === of.version) return expected;
      const secret = await unwrapKey(key, claimsOf(of), expected);
      if (!secret) throw keyMaterialDamaged(of.materialKeyId);
      return wrapKey(key, claimsOf({ ...of, version }), secret).finally(() => secret.fill(0));
    },
  };
};

/** The longer form first: a text of one form is never one of the other, because the header is compared whole. */
const unwrapMaterial = async (key: WrappingKey, of: MaterialKeyAddress, ciphertext: string): Promise<Uint8Array | null> =>
  (await unwrapKey(key, claimsOf(of), ciphertext)) ?? unwrapKey(key, placeOf(of), ciphertext);

/**
 * Opens the barrier over the service database. The first start makes root and intermediate.
 *
 * @throws AppError `unseal-failed` 503 when a key is given and is not that of this database; `service-database-lost` 503 when the
 *   database has no keys although tenants have theirs
 */
export const openBarrier = async (options: BarrierOptions): Promise<Barrier> => {
  const { service, now, random = randomBytes } = options;
  const listeners: ((tenantId: string | null) => void)[] = [];
  const forget = (tenantId: string | null) => listeners.forEach((listener) => listener(tenantId));
  let contents: ContentKeys | null = null;
  let rowKeys: RowKeys | null = null;
  let due: DueAdoption | null = null;
  /** Counts the seals, so that one that comes while the shares are tried is not undone by them. */
  let seals = 0;
  let isInitialized = false;

  const forgetTenant = (tenantId: string): void => {
    contents?.forget(tenantId);
    forget(tenantId);
  };

  /** An act under which the barrier is sealed ends as `sealed`, not with a key that should be gone. */
  const whileUnsealed = async <T>(run: (keys: ContentKeys) => Promise<T>): Promise<T> => {
    const keys = contents;
    if (!keys) throw sealedError();
    const result = await run(keys);
    if (contents !== keys) throw sealedError();
    return result;
  };

  const unseal = async (key: Uint8Array): Promise<void> => {
    const before = seals;
    const opened = await openIntermediate(options, key);
    isInitialized = true;
    if (contents) return;
    if (seals !== before) throw sealedError();
    contents = createContentKeys({ service, intermediate: opened.wrapping, now, random });
    rowKeys = createRowKeys(opened.rowRoot);
    due = opened.due;
  };

  if (options.unsealKey) await unseal(options.unsealKey);

  return {
    state: () => (contents ? 'unsealed' : 'sealed'),
    isInitialized: async () => (isInitialized ||= (await barrierKeysStore(service.db).newest({ purpose: 'root' })) !== undefined),
    unseal,
    seal: () => {
      seals += 1;
      contents = null;
      rowKeys = null;
      due = null;
      forget(null);
    },
    createTenantKey: (tx, tenantId) => whileUnsealed((keys) => keys.create(tx, tenantId)),
    dropTenantKey: async (tx, tenantId) => {
      await barrierKeysStore(tx).deleteContentKeys(tenantId);
      forgetTenant(tenantId);
    },
    forgetTenant,
    tenants: () => contents?.tenants() ?? [],
    wrap: (of, plaintext) => whileUnsealed(async (keys) => wrapMaterial(await keys.newest(of.tenantId), of, plaintext)),
    unwrap: (of, ciphertext) =>
      whileUnsealed(async (keys) => {
        const key = await keys.named(of.tenantId, wrappedBy(ciphertext) ?? '');
        const plaintext = key && (await unwrapMaterial(key, of, ciphertext));
        if (!plaintext) throw keyMaterialDamaged(of.materialKeyId);
        return plaintext;
      }),
    rowKey: (tenantId) => {
      if (!rowKeys) throw sealedError();
      return rowKeys(tenantId);
    },
    rowsToAdopt: async () => {
      if (!due) return null;
      // Another replica may have put the adopted record in its place meanwhile.
      const stored = await barrierKeysStore(service.db).newest({ purpose: 'intermediate' });
      return stored?.wrapped === due.before.wrapped ? due.rows : null;
    },
    rowsAdopted: async () => {
      if (!due) return;
      await barrierKeysStore(service.db).replace(due.before, due.adopted);
      due = null;
    },
    onForget: (listener) => void listeners.push(listener),
  };
};
