import type { Labels } from '#kms/keys/elastic-keys/labels.ts';

/**
 * An API key: a secret by which a service asks in the name of a tenant. Of the secret only a keyed hash is kept.
 *
 *     create ──► active ◄──► disabled
 *                   └────┬──────┘
 *                        ▼ revoke, delete
 *                     revoked ──► removed
 *
 * Beside its state, it ends at its expiry.
 */
export const API_KEY_STATES = ['active', 'disabled', 'revoked'] as const;
export type ApiKeyState = (typeof API_KEY_STATES)[number];

/** The states that a change may set. */
export const SETTABLE_API_KEY_STATES = ['active', 'disabled'] as const satisfies readonly ApiKeyState[];

export interface ApiKey {
  /** UUIDv7; the subject of those who ask with it. */
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** Coarse and fine ones, as they were asked for. */
  readonly scopes: readonly string[];
  readonly state: ApiKeyState;
  /** Subject of the one who made it. */
  readonly createdBy: string;
  /** Times are epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number;
  readonly rotatedAt: number | null;
  readonly revokedAt: number | null;
  /** HMAC-SHA-256 of the secret, as base64url. */
  readonly hash: string;
  /** That of the secret before the last rotation, and until when it is good. */
  readonly previous: { readonly hash: string; readonly until: number } | null;
  readonly revision: number;
}
