import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Page } from '#infra/http/request/paging.ts';
import type { Caller } from '#kms/caller.ts';
import type { KeyPurpose, Operation } from '#kms/jose/algorithm.ts';
import type { AlgorithmName } from '#kms/jose/algorithms.ts';
import type { ElasticKeyState, RestoredState, SettableState } from './elastic-key.states.ts';
import type { AskedLabel, LabelChanges, Labels } from './labels.ts';
import type { Usage } from './usage.ts';

/** Who makes the key material of an elastic key: the KMS, or others, who import it. */
export const ORIGINS = ['kms', 'external'] as const;
export type Origin = (typeof ORIGINS)[number];

/** A named pool of material keys with one policy. Times are epoch milliseconds. */
export interface ElasticKey {
  /** UUIDv7. */
  readonly id: string;
  /**
   * Unique within the tenant, and not of the form of a UUID. A destroyed key gives its name back: from then on it is called by that name,
   * a colon and its id.
   */
  readonly name: string;
  /** Whether another key had this name before: then scopes by this name do not reach this one. */
  readonly nameTakenOver: boolean;
  readonly description: string;
  readonly labels: Labels;
  readonly algorithm: AlgorithmName;
  /** Fixed at creation: no key has two uses. */
  readonly use: KeyPurpose;
  /** Allowed operations: those of the algorithm or fewer. */
  readonly operations: readonly Operation[];
  readonly state: ElasticKeyState;
  /** Fixed at creation. */
  readonly origin: Origin;
  /** Whether its key material may leave the KMS, wrapped; fixed at creation. */
  readonly exportable: boolean;
  /** Version of the newest material key, the one that protects. Versions count from 1; 0 while there is none. */
  readonly latestVersion: number;
  /** Material keys with a lower version neither decrypt, unwrap nor verify. */
  readonly minDecryptionVersion: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** From then on the key protects nothing more; it still opens what it protected. Null: never. */
  readonly expiresAt: number | null;
  /** When a key that is pending deletion will be destroyed; null in every other state. */
  readonly deletionDueAt: number | null;
  /** The state that it has again when it is restored; null unless it is pending deletion. */
  readonly restoresTo: RestoredState | null;
  readonly destroyedAt: number | null;
  /** Counts the revocations, deletions and restorations of its versions, so that a memory of these shows whether it is old. */
  readonly versionChanges: number;
  readonly usage: Usage;
  /** When the newest version was made. Of a key from before this was kept: when the key was made. */
  readonly latestVersionAt: number;
  /** When the KMS rotates the key because of its period; null where it does not. */
  readonly nextRotationAt: number | null;
  /** Counts the changes of this key, from 1. */
  readonly revision: number;
}

/** An algorithm as a caller names it. */
export interface ChosenAlgorithm {
  /** `enc/alg` or `alg`, without size or curve. */
  readonly algorithm: string;
  /** Bits of an RSA key; 3072 by default. */
  readonly keySize?: number;
  /** P-256 by default, where there is a choice. */
  readonly curve?: string;
  /** The first of the algorithm by default: `sign` where it is one of JWS. */
  readonly use?: KeyPurpose;
}

interface CreateElasticKey extends ChosenAlgorithm {
  readonly name: string;
  readonly description?: string;
  readonly labels?: Labels;
  readonly operations?: readonly Operation[];
  /** Default `kms`. */
  readonly origin?: Origin;
  /** Default false. */
  readonly exportable?: boolean;
  /** Epoch milliseconds in the future. */
  readonly usage?: Partial<Usage>;
  readonly expiresAt?: number | null;
}

interface ChangeElasticKey {
  readonly name?: string;
  readonly description?: string;
  readonly labels?: LabelChanges;
  readonly state?: SettableState;
  readonly operations?: readonly Operation[];
  readonly minDecryptionVersion?: number;
  readonly usage?: Partial<Usage>;
  readonly expiresAt?: number | null;
}

export const ELASTIC_KEY_SORTS = ['name', '-name', 'created_at', '-created_at'] as const;
export type ElasticKeySort = (typeof ELASTIC_KEY_SORTS)[number];

export interface ListElasticKeys {
  /** Exact name. */
  readonly name?: string;
  /** `enc/alg` or `alg`, of any size and on any curve. */
  readonly algorithm?: string;
  readonly state?: ElasticKeyState;
  /** Labels that each of them has. */
  readonly labels?: readonly AskedLabel[];
  /** Default `created_at`, oldest first; a leading `-` reverses the order. */
  readonly sort?: ElasticKeySort;
  /** 1 to 100, default 50. */
  readonly limit?: number;
  /** `nextCursor` of the page before, with the same sort. */
  readonly cursor?: string;
}

/**
 * Decisions about the elastic keys of the caller's tenant. A `key` is the id of one, or its name; every id or name of another tenant is
 * `elastic-key-not-found`, 404.
 */
export interface ElasticKeyService {
  /**
   * Makes an elastic key and its first material key in one transaction; one of external origin has none until it is imported.
   *
   * @throws AppError `name-like-id`, `labels-too-many` 400, `elastic-key-name-taken` 409, `elastic-keys-quota` 409,
   *   `use-not-of-algorithm`, `key-size-not-of-algorithm`, `curve-not-of-algorithm`, `operation-not-of-algorithm`, `expiry-past`,
   *   `max-protections-above-algorithm`, `rotation-after-limit`, `rotation-of-external` 400, `sealed` 503
   */
  create(caller: Caller, input: CreateElasticKey): Promise<ElasticKey>;
  list(caller: Caller, query?: ListElasticKeys): Promise<Page<ElasticKey>>;
  read(caller: Caller, key: string): Promise<ElasticKey>;
  /**
   * Changes name, description, labels or policy; a new name or policy holds from the answer on, in every replica.
   *
   * @param condition.precondition looks at the key that is changed
   * @throws AppError `elastic-key-pending-deletion`, `elastic-key-destroyed` 409; of a state, `elastic-key-pending-import` 409;
   *   `precondition-failed` 412; and as `create`
   */
  change(
    caller: Caller,
    key: string,
    changes: ChangeElasticKey,
    condition?: { readonly precondition?: Precondition<ElasticKey> },
  ): Promise<ElasticKey>;
}
