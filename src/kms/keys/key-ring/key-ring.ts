import type { CallerTenant } from '#kms/caller.ts';
import type { KeyMaterial } from '#kms/jose/key-material.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import type { ProtectionCount } from '../elastic-keys/usage.ts';
import type { PublicKeys } from '../material-keys/public-keys.ts';

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

/** An elastic key's policy and versions as they were at one moment; both null unless the elastic key is active. */
export interface Snapshot {
  readonly elasticKey: ElasticKey;
  /** The version that protects: the newest, where that is active. */
  readonly protecting: UsableKey | null;
  /** The newest version that processes; a refusal takes as long as its use. */
  readonly processing: UsableKey | null;
}

/** What was found of a version. */
interface FoundVersion {
  /** Null where this elastic key has none such that processes. */
  readonly key: UsableKey | null;
  /** Whether the database was asked. */
  readonly haveLooked: boolean;
}

/** What a caller calls an elastic key of his. */
export interface NameOfTenant {
  readonly tenant: CallerTenant;
  readonly name: string;
}

/**
 * Keys in memory, so that an operation costs no database round trip and no unwrapping. The secret of a version that does not process is
 * not among them. Bounded; dropped when the barrier forgets, and per elastic key when it or one of its versions is changed, or it is
 * rotated: here at once, and in other replicas with the next snapshot.
 */
export interface KeyRing extends PublicKeys {
  /**
   * The id of the elastic key with a name. It costs no database round trip where a snapshot of a key with that name is in memory.
   *
   * @throws AppError `elastic-key-not-found` 404
   */
  idOf(of: NameOfTenant): Promise<string>;
  /** @throws AppError `elastic-key-not-found` 404 */
  snapshot(of: KeyOfTenant): Promise<Snapshot>;
  /** A version by kid, as far as it processes. */
  version(of: KeyOfTenant, elasticKey: ElasticKey, id: string): Promise<FoundVersion>;
  /** Asks the database for a version that is not there: a refusal that needs no look takes as long by it as one that does. */
  lookInVain(of: KeyOfTenant): Promise<void>;
  /**
   * Counts one protection by a version.
   *
   * @throws AppError `protection-limit-reached` 409
   */
  countProtection(of: KeyOfTenant, materialKeyId: string, count: ProtectionCount): Promise<void>;
  forget(of: KeyOfTenant): void;
  /** Forgets what nobody used for a minute: a key that another replica destroyed, and that nobody asks for here, is among it. */
  forgetIdle(): void;
  /** Entries in memory, of all tenants. */
  sizes(): { readonly policies: number; readonly versions: number };
}
