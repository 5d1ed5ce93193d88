import type { PublicJwk } from '#kms/jose/key-material.ts';
import type { Wrapping } from '#kms/jose/transport/wrappings.ts';

/**
 * A key pair to which a caller wraps one key that he imports:
 *
 *     import-parameters ─► open ──┬─► used, by the import that it was made for
 *                                 └─► expired, or one too many: the oldest goes
 *
 * It belongs to one elastic key of one tenant. Its row, and with it the private key, is there only while it is open.
 */
export interface StoredTransportKey {
  /** UUIDv7. */
  readonly id: string;
  readonly elasticKeyId: string;
  readonly wrapping: Wrapping;
  /** Compact JWE under the tenant's content key. */
  readonly wrapped: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** All that one takes to wrap a key for an import. */
export interface ImportParameters {
  readonly transportKeyId: string;
  readonly wrapping: Wrapping;
  readonly publicJwk: PublicJwk;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** As long as it takes to carry a key by hand from a machine without a network, and no longer. */
export const TRANSPORT_LIFE_MS = 24 * 3_600_000;

/** Open at once for one elastic key: of one more, the oldest goes. */
export const MAX_OPEN = 16;

/** Open at once for a tenant. */
export const MAX_OPEN_OF_TENANT = 1_000;

/** In the place of the use of a material key, so that no row can stand as the other. */
export const TRANSPORT_USE = 'transport';
