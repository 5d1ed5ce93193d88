import type { CallerTenant } from '#kms/caller.ts';
import type { KeyMaterial } from '#kms/jose/key-material.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import type { StoredMaterialKey } from '../material-keys/material-key.ts';

/** An elastic key of the tenant of a caller. */
export interface KeyOfTenant {
  readonly tenant: CallerTenant;
  readonly elasticKeyId: string;
}

/** A version that is ready for use. */
export interface UsableKey extends KeyMaterial {
  readonly id: string;
  readonly version: number;
}

/** An elastic key's policy and its newest version as they were at one moment. */
export interface Snapshot {
  readonly elasticKey: ElasticKey;
  readonly newest: UsableKey;
}

/** What a caller calls an elastic key of his. */
export interface NameOfTenant {
  readonly tenant: CallerTenant;
  readonly name: string;
}

/**
 * Keys in memory, so that an operation costs no database round trip and no unwrapping.
 * Bounded; dropped when the barrier forgets, and per elastic key when it is changed or rotated.
 */
export interface KeyRing {
  /**
   * The id of the elastic key with a name. It costs no database round trip where a snapshot of a key with that name is in memory.
   *
   * @throws AppError `elastic-key-not-found` 404
   */
  idOf(of: NameOfTenant): Promise<string>;
  /** @throws AppError `elastic-key-not-found` 404 */
  snapshot(of: KeyOfTenant): Promise<Snapshot>;
  /** A version by kid; null, and then the database was asked for it, when this elastic key has none such. */
  version(of: KeyOfTenant, elasticKey: ElasticKey, id: string): Promise<UsableKey | null>;
  /** Asks the database for a version that is not there: a refusal that needs no look takes as long by it as one that does. */
  lookInVain(of: KeyOfTenant): Promise<void>;
  /** A version that was read just now, made usable. */
  open(of: KeyOfTenant, elasticKey: ElasticKey, key: StoredMaterialKey): Promise<UsableKey>;
  /**
   * Counts one protection by a version.
   *
   * @param limit exclusive bound of the version
   * @throws AppError `protection-limit-reached` 409
   */
  countProtection(of: KeyOfTenant, materialKeyId: string, limit: number): Promise<void>;
  forget(of: KeyOfTenant): void;
}
