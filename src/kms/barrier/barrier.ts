import type { Transaction } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';

export type BarrierState = 'sealed' | 'unsealed';

/** Where a material key stands; bound into its ciphertext and compared exactly when it is opened. */
export interface KeyBinding {
  readonly tenantId: string;
  readonly elasticKeyId: string;
  readonly materialKeyId: string;
}

/**
 * What stands between the database and the key material: nothing in the database can be read without it.
 *
 *     unseal key ──HKDF──► wraps root ──► wraps intermediate ──► wraps a content key per tenant ──► wraps material keys
 */
export interface Barrier {
  state(): BarrierState;
  /**
   * @param key 32 bytes, combined from the unseal shares; stays the caller's to zero
   * @throws AppError `unseal-failed` 503 when the shares are not those of this database
   */
  unseal(key: Uint8Array): Promise<void>;
  /** Forgets every key at once; all that follows is `sealed`, 503, until the next unseal. */
  seal(): void;
  /** Makes the content key of a new tenant within the caller's transaction on the service database. */
  createTenantKey(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  /** Deletes the content key: what it wrapped is lost for good once the caller's transaction commits. */
  dropTenantKey(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  /**
   * Never call it inside a transaction on the service database, whose one connection it may have to wait for.
   *
   * @returns compact JWE (RFC 7516) whose protected header carries the content key's id and the binding
   */
  wrap(binding: KeyBinding, plaintext: Uint8Array): Promise<string>;
  /** @throws AppError `key-material-damaged` 500 when the ciphertext was changed or belongs to another binding */
  unwrap(binding: KeyBinding, ciphertext: string): Promise<Uint8Array>;
  /** Calls back whenever keys are forgotten: with a tenant id, or with null when all are. */
  onForget(listener: (tenantId: string | null) => void): void;
}
