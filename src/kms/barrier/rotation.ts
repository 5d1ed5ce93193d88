/** A key above the tenants, as an operator sees it. */
export interface KeyOfService {
  readonly id: string;
  /** Counts from 1. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** The hierarchy, as an operator sees it. */
export interface HierarchyState {
  readonly root: KeyOfService;
  readonly intermediate: KeyOfService;
  /** Intermediates that still wrap content keys, or may. */
  readonly olderIntermediates: number;
  readonly tenants: number;
  /** Content keys that still wrap key material, or may. */
  readonly olderContentKeys: number;
}

/** The content keys of a tenant. */
export interface TenantContentKeys {
  readonly tenantId: string;
  readonly newest: KeyOfService;
  /** How many there are, the newest one included. */
  readonly keys: number;
}

/**
 * New keys at each level, while requests go on:
 *
 *     root          a new one wraps all intermediates, at once; the old one is gone with the same commit
 *     intermediate  a new one wraps content keys from then on │ older ones stay until nothing
 *     content       a new one wraps material from then on     │ names them, and an hour more
 *
 * A rotation is one transaction. What is below an older key is wrapped anew afterwards, a row a statement, so that an interrupted run
 * is taken up by the next one. Every method throws AppError `sealed` 503 while the barrier is sealed. Rotations of several processes at
 * once are for a lock to keep apart; without it, one of them is refused (`barrier-changed`).
 */
export interface BarrierRotation {
  state(): Promise<HierarchyState>;
  /** @throws AppError `unseal-key-changed` 409, `rows-not-adopted` 503, `barrier-changed` 409 */
  rotate(level: 'root' | 'intermediate'): Promise<void>;
  /** @returns false where the tenant has no content key */
  rotateContentKey(tenantId: string): Promise<boolean>;
  /** Whether an unseal key, 32 bytes, is the one that wraps the root in the database. */
  isUnsealKey(unsealKey: Uint8Array): Promise<boolean>;
  /**
   * Wraps the root under another unseal key, in one statement: from then on only that one opens this database.
   *
   * @param unsealKey 32 bytes; not changed
   * @throws AppError `unseal-key-changed`, `barrier-changed` 409
   */
  replaceUnsealKey(unsealKey: Uint8Array): Promise<void>;
  contentKeys(): Promise<readonly TenantContentKeys[]>;
  /** Wraps content keys under the newest intermediate, and removes older ones that nothing needs any more. @returns how many it wrapped */
  retireIntermediates(signal: AbortSignal): Promise<number>;
  /**
   * Key material of a tenant under its newest content key.
   *
   * @returns a function that takes a ciphertext and gives it wrapped anew, with all that was bound to it; null where the newest key wraps
   *   it already. It throws `key-material-damaged` 500
   */
  rewrapping(tenantId: string): Promise<(wrapped: string) => Promise<string | null>>;
  /** Removes the content keys of a tenant that are older than this one. The caller has seen that none of them is named any more. */
  removeOlderContentKeys(newest: Pick<TenantContentKeys, 'tenantId' | 'newest'>): Promise<void>;
}
