import type { Page } from '#kms/api/paging.ts';
import type { Caller } from '#kms/caller.ts';
import type { PublicJwk } from '#kms/jose/key-material.ts';

/**
 * States of a material key (a version), in the words of NIST SP 800-57 part 1, section 7:
 *
 *      create, rotate          rotate makes a newer one
 *     ───────────────► active ──────────────────────────► deactivated
 *
 * Exactly one version of an elastic key is active: it protects and processes.
 * A deactivated one only processes (decrypt, unwrap, verify) what it protected before.
 */
export const MATERIAL_KEY_STATES = ['active', 'deactivated'] as const;
export type MaterialKeyState = (typeof MATERIAL_KEY_STATES)[number];

/** One version of an elastic key without its secret. Times are epoch milliseconds. */
export interface MaterialKey {
  /** UUIDv7; the `kid` of every JWE, JWS and JWK. */
  readonly id: string;
  readonly elasticKeyId: string;
  /** Counts from 1. */
  readonly version: number;
  readonly state: MaterialKeyState;
  /** Public part of a key pair (RFC 7517); null for a symmetric key. */
  readonly publicJwk: PublicJwk | null;
  readonly createdAt: number;
  readonly deactivatedAt: number | null;
}

/** A version as it stands in the database, its secret wrapped. */
export interface StoredMaterialKey extends Omit<MaterialKey, 'publicJwk'> {
  /** Compact JWE under the tenant's content key. */
  readonly wrapped: string;
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
   * @throws AppError `elastic-key-not-found` 404, `elastic-key-suspended` 409, `elastic-key-expired` 409, `versions-quota` and
   *   `versions-ever-quota` 409,
   *   `sealed` 503
   */
  rotate(caller: Caller, key: string): Promise<MaterialKey>;
  /** Newest first. */
  list(caller: Caller, key: string, query?: ListMaterialKeys): Promise<Page<MaterialKey>>;
  /** @throws AppError `material-key-not-found` 404 */
  read(caller: Caller, key: string, id: string): Promise<MaterialKey>;
  /**
   * Public keys of the versions that `verify`, `decrypt` or `unwrap` accepts now: none for a symmetric or a suspended key.
   *
   * @see RFC 7517 section 5
   */
  jwks(caller: Caller, key: string): Promise<{ keys: PublicJwk[] }>;
}
