import { randomBytes } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { keyMaterialDamaged, sealedError } from './barrier-errors.ts';
import { unsealFailed } from './hierarchy/hierarchy-errors.ts';
import {
  type BarrierClaims,
  deriveUnsealWrappingKey,
  KEY_BYTES,
  unwrapKey,
  type WrappingKey,
  wrapKey,
  wrappedBy,
} from './hierarchy/barrier-jwe.ts';
import { barrierKeysStore } from './hierarchy/barrier-keys.store.ts';
import type { Barrier, MaterialKeyAddress, WrappedMaterial } from './barrier.ts';
import { type ContentKeys, createContentKeys } from './content-keys.ts';
import { createRotation } from './create-rotation.ts';
import { type BarrierOptions, establish } from './hierarchy/establish.ts';
import { type DueAdoption, openBelow, openRoot, readHierarchy } from './hierarchy/hierarchy.ts';
import { createLiveHierarchy, type LiveHierarchy } from './hierarchy/live-hierarchy.ts';
import { createTenantKeys, type TenantKeys } from './hierarchy/tenant-keys.ts';

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

/** Down the hierarchy from the unseal key, which is made where nothing is there yet. */
const openHierarchy = async (options: BarrierOptions, unsealKey: Uint8Array): Promise<LiveHierarchy> => {
  if (unsealKey.length !== KEY_BYTES) throw unsealFailed();
  const unsealing = await deriveUnsealWrappingKey(unsealKey);
  const stored = await establish(options, unsealing);
  return createLiveHierarchy({ unsealing, opened: await openBelow(await openRoot(unsealing, stored.root), stored) });
};

/** What is in memory from an unsealing to the next seal. */
interface Unsealed {
  readonly hierarchy: LiveHierarchy;
  readonly contents: ContentKeys;
  readonly tenantKeys: TenantKeys;
}

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
  let unsealed: Unsealed | null = null;
  let due: DueAdoption | null = null;
  /** Counts the seals, so that one that comes while the shares are tried is not undone by them. */
  let seals = 0;
  let isInitialized = false;

  const forgetTenant = (tenantId: string): void => {
    unsealed?.contents.forget(tenantId);
    forget(tenantId);
  };

  const seal = (): void => {
    seals += 1;
    unsealed = null;
    due = null;
    forget(null);
  };

  /** An act under which the barrier is sealed ends as `sealed`, not with a key that should be gone. */
  const whileUnsealed = async <T>(run: (now: Unsealed) => Promise<T>): Promise<T> => {
    const before = unsealed;
    if (!before) throw sealedError();
    const result = await run(before).catch((error: unknown) => {
      // Another replica made a new root under new shares: this one cannot follow until it is unsealed with those.
      if (!(error instanceof AppError) || error.code !== 'unseal-failed') throw error;
      if (unsealed === before) seal();
      throw sealedError();
    });
    if (unsealed !== before) throw sealedError();
    return result;
  };

  const unseal = async (key: Uint8Array): Promise<void> => {
    const before = seals;
    const hierarchy = await openHierarchy(options, key);
    isInitialized = true;
    if (unsealed) {
      // The shares may be new, and another worker of this server was given them.
      unsealed.hierarchy.unsealBy(hierarchy.unsealing());
      return;
    }
    if (seals !== before) throw sealedError();
    const opened = hierarchy.opened();
    unsealed = {
      hierarchy,
      contents: createContentKeys({ service, hierarchy, now, random }),
      tenantKeys: createTenantKeys(opened.rowRoot),
    };
    due = opened.due;
  };

  const tenantKey: Barrier['tenantKey'] = (tenantId, purpose) => {
    if (!unsealed) throw sealedError();
    return unsealed.tenantKeys(tenantId, purpose);
  };

  if (options.unsealKey) await unseal(options.unsealKey);

  return {
    state: () => (unsealed ? 'unsealed' : 'sealed'),
    isInitialized: async () => (isInitialized ||= (await readHierarchy(service.db)) !== null),
    unseal,
    seal,
    createTenantKey: (tx, tenantId) => whileUnsealed(({ contents }) => contents.create(tx, tenantId)),
    dropTenantKey: async (tx, tenantId) => {
      await barrierKeysStore(tx).deleteContentKeys(tenantId);
      forgetTenant(tenantId);
    },
    forgetTenant,
    tenants: () => unsealed?.contents.tenants() ?? [],
    wrap: (of, plaintext) => whileUnsealed(async ({ contents }) => wrapMaterial(await contents.newest(of.tenantId), of, plaintext)),
    unwrap: (of, ciphertext) =>
      whileUnsealed(async ({ contents }) => {
        const key = await contents.named(of.tenantId, wrappedBy(ciphertext) ?? '');
        const plaintext = key && (await unwrapMaterial(key, of, ciphertext));
        if (!plaintext) throw keyMaterialDamaged(of.materialKeyId);
        return plaintext;
      }),
    rowKey: (tenantId) => tenantKey(tenantId, 'row integrity'),
    tenantKey,
    rowsToAdopt: async () => {
      if (!due) return null;
      // Another replica may have put the adopted record in its place meanwhile.
      const stored = await barrierKeysStore(service.db).newestIntermediate();
      return stored?.wrapped === due.before.wrapped ? due.rows : null;
    },
    rowsAdopted: async () => {
      if (!due) return;
      await barrierKeysStore(service.db).replace(due.before, due.adopted);
      due = null;
    },
    rotation: createRotation({ service, now, random, whileUnsealed }),
    onForget: (listener) => void listeners.push(listener),
  };
};
