import { AppError } from '#infra/apperr/app-error.ts';
import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Page } from '#infra/http/request/paging.ts';
import type { Caller } from '#kms/caller.ts';
import type { PublicJwk } from '#kms/jose/key-material.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import type { MaterialKeyState, Revocation } from './material-key.states.ts';

/** One version of an elastic key without its secret. Times are epoch milliseconds. */
export interface MaterialKey {
  /** UUIDv7; the `kid` of every JWE, JWS and JWK. */
  readonly id: string;
  readonly elasticKeyId: string;
  /** The kid of what it protected elsewhere, before it was imported, where that is no UUID; null for every other version. */
  readonly importedKid: string | null;
  /** Counts from 1. */
  readonly version: number;
  readonly state: MaterialKeyState;
  /** Public part of a key pair (RFC 7517); null for a symmetric key, and for one that is destroyed. */
  readonly publicJwk: PublicJwk | null;
  readonly createdAt: number;
  readonly deactivatedAt: number | null;
  readonly revocation: Revocation | null;
  /** When a version that is pending deletion will be destroyed; null in every other state. */
  readonly deletionDueAt: number | null;
  readonly destroyedAt: number | null;
  /** How often it may have protected: an upper bound, taken in blocks; null where nothing depends on the count, and nobody counts. */
  readonly protections: number | null;
  /** Counts the changes of this version, from 1. */
  readonly revision: number;
}

/** A version as it stands in the database, its secret wrapped. */
export interface StoredMaterialKey extends Omit<MaterialKey, 'publicJwk' | 'protections'> {
  readonly protectionsReserved: number;
  /** Compact JWE under the tenant's content key; null once it is destroyed. */
  readonly wrapped: string | null;
}

interface ListMaterialKeys {
  /** 1 to 100, default 50. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** Decisions about the versions of one elastic key, which `key` names by its id or name. */
export interface MaterialKeyService {
  /**
   * Makes a new version and deactivates the one before, in one transaction; from the answer on every replica protects with it.
   *
   * @param condition.precondition looks at the elastic key that is rotated
   * @throws AppError `elastic-key-not-found` 404; `elastic-key-pending-import`, `elastic-key-suspended`, `elastic-key-pending-deletion`,
   *   `elastic-key-destroyed`, `elastic-key-expired`, `versions-quota`, `versions-ever-quota` 409; `precondition-failed` 412; `sealed` 503
   */
  rotate(caller: Caller, key: string, condition?: { readonly precondition?: Precondition<ElasticKey> }): Promise<MaterialKey>;
  /** Newest first. */
  list(caller: Caller, key: string, query?: ListMaterialKeys): Promise<Page<MaterialKey>>;
  /** @throws AppError `material-key-not-found` 404 */
  read(caller: Caller, key: string, id: string): Promise<MaterialKey>;
  /**
   * Public keys of the versions that `verify`, `decrypt` or `unwrap` accepts now: none for a symmetric key, and for one that is not
   * active. A version that was revoked and still opens what it protected is left out, because others would encrypt to it.
   *
   * @see RFC 7517 section 5
   */
  jwks(caller: Caller, key: string): Promise<{ keys: PublicJwk[] }>;
}

export const materialKeyNotFound = (): AppError =>
  new AppError('material-key-not-found', 404, 'This elastic key has no such material key.', {
    fix: 'List its material keys to find the id, which is the kid of what it made.',
  });
