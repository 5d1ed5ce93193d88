import type { KeyObject } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { RowsToAdopt } from './hierarchy/hierarchy.ts';
import type { TenantKeyPurpose } from './hierarchy/tenant-keys.ts';
import type { BarrierRotation } from './rotation.ts';

type BarrierState = 'sealed' | 'unsealed';

/** Where a material key stands, and what it is for; bound into its ciphertext and compared exactly when it is opened. */
export interface MaterialKeyAddress {
  readonly tenantId: string;
  readonly elasticKeyId: string;
  readonly materialKeyId: string;
  /** Counts from 1. */
  readonly version: number;
  /** As the elastic key names them. */
  readonly algorithm: string;
  readonly use: string;
}

/** Key material behind the barrier, before a transaction says which version it is. */
export interface WrappedMaterial {
  /**
   * Compact JWE (RFC 7516) whose protected header carries the content key's id and the address. It asks no database, so it may be
   * called in a transaction; only a version other than the one that was expected has to be wrapped again.
   */
  asVersion(version: number): Promise<string>;
}

/**
 * The barrier stands between the database and the key material: nothing in the database can be read without it. It sees rows of
 * the service database and no tenant, no key and no caller; a key in use leaves it only as the bytes of one material key.
 *
 *     unseal key ──HKDF──► wraps root ──► wraps intermediate ──► wraps a content key per tenant ──► wraps material keys
 *                                             └──HKDF──► a row key per tenant, which tags the rows that decide
 *
 * Where the intermediate was rotated, older ones stay beside it until nothing names them, and the key above the row keys is wrapped
 * under the root by itself.
 */
export interface Barrier {
  state(): BarrierState;
  /** Whether the database has a root key; the first unsealing makes it. */
  isInitialized(): Promise<boolean>;
  /**
   * @param key 32 bytes, combined from the unseal shares; stays the caller's to zero
   * @throws AppError `unseal-failed` 503 when the shares are not those of this database, `service-database-lost` 503, `sealed` 503 when
   *   somebody sealed it meanwhile
   */
  unseal(key: Uint8Array): Promise<void>;
  /** Forgets every key at once; all that follows is `sealed`, 503, until the next unseal. */
  seal(): void;
  /** Makes the content key of a new tenant within the caller's transaction on the service database. */
  createTenantKey(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  /** Deletes the content key, also while sealed: what it wrapped is lost for good once the caller's transaction commits. */
  dropTenantKey(tx: Transaction<ServiceTables>, tenantId: string): Promise<void>;
  /** Forgets what is remembered of a tenant: its keys are read again when they are needed, if they are still there. */
  forgetTenant(tenantId: string): void;
  /** Tenants of which keys are in memory. */
  tenants(): readonly string[];
  /**
   * Never call it inside a transaction on the service database, whose one connection it may have to wait for.
   *
   * @param of.version the one that is expected
   */
  wrap(of: MaterialKeyAddress, plaintext: Uint8Array): Promise<WrappedMaterial>;
  /**
   * Opens also what was wrapped before version, algorithm and use were bound: its authenticated header has none of them.
   *
   * @throws AppError `key-material-damaged` 500 when the ciphertext was changed or stands at another address
   */
  unwrap(of: MaterialKeyAddress, ciphertext: string): Promise<Uint8Array>;
  /**
   * The key of the tags on the rows of a tenant (HMAC-SHA-256). It asks no database, and not whether there is such a tenant.
   *
   * @throws AppError `sealed` 503
   */
  rowKey(tenantId: string): KeyObject;
  /**
   * A key of a tenant for one purpose (32 bytes, RFC 5869), the same in every replica and after every restart and rotation. As `rowKey`, it
   * asks no database.
   *
   * @throws AppError `sealed` 503
   */
  tenantKey(tenantId: string, purpose: TenantKeyPurpose): KeyObject;
  /** Where the rows are from before they were tagged and listed, and nobody has adopted them, which they are; null otherwise, and while sealed. */
  rowsToAdopt(): Promise<RowsToAdopt | null>;
  /** Writes into the header of the intermediate key that every row carries a tag and is listed: nothing but the unseal shares undoes that. */
  rowsAdopted(): Promise<void>;
  /** New keys at each level, and the end of older ones. */
  readonly rotation: BarrierRotation;
  /** Calls back whenever keys are forgotten: with a tenant id, or with null when all are. */
  onForget(listener: (tenantId: string | null) => void): void;
}
