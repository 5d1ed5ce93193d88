import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { isUuidV4 } from '#infra/magic/uuid.ts';
import { SERVICE } from '#kms/integrity/tagged-tables.ts';
import { KEY_BYTES } from './barrier-jwe.ts';

const MAX_REMEMBERED = 4_096;

/** The key above the row keys from its bytes. @param bytes 32 bytes; zeroed */
export const importRowRoot = (bytes: Uint8Array): KeyObject => {
  try {
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
};

const derive = (from: Uint8Array | KeyObject, info: string): KeyObject => {
  return importRowRoot(new Uint8Array(hkdfSync('sha256', from, new Uint8Array(0), info, KEY_BYTES)));
};

/**
 * The key above the row keys of all tenants. It is derived from the first intermediate, and wrapped as a key of its own when that is
 * rotated: another one would make every tag wrong.
 *
 * @param intermediate 32 bytes; not changed
 * @see RFC 5869: one output per purpose, told apart by `info`
 */
export const deriveRowRoot = (intermediate: Uint8Array): KeyObject => derive(intermediate, 'passthru barrier v1 row integrity');

/** What a key of a tenant is for: tags of rows, hashes of API keys, answers that are remembered for an `Idempotency-Key`. */
export type TenantKeyPurpose = 'row integrity' | 'api keys' | 'remembered answers';

/** A key of a tenant for one purpose: what is made for one tenant and purpose proves nothing for another. */
export type TenantKeys = (tenantId: string, purpose: TenantKeyPurpose) => KeyObject;

export const createTenantKeys = (root: KeyObject): TenantKeys => {
  const known = createBoundedMap<KeyObject>({ max: MAX_REMEMBERED });
  return (tenantId, purpose) => {
    const slot = boundedKey(`${purpose} ${tenantId}`);
    const before = known.get(slot);
    if (before !== undefined) return before;
    const key = derive(root, `passthru barrier v1 ${purpose} of tenant ${tenantId}`);
    // A row that somebody wrote may name anything; only ids, and the service, are worth remembering.
    if (isUuidV4(tenantId) || tenantId === SERVICE) known.set(slot, key);
    return key;
  };
};
