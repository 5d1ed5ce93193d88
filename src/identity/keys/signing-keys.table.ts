export const KEY_STATES = ['published', 'active', 'retired'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** Times are milliseconds since the epoch. */
export interface SigningKeyTable {
  /** UUIDv7. */
  kid: string;
  alg: string;
  state: KeyState;
  /** The private JWK under AES-256-GCM: 12 bytes IV, ciphertext, 16 bytes tag; kid and alg are its associated data. */
  sealed_key: Uint8Array;
  created_at: number;
  activated_at: number | null;
  retired_at: number | null;
}
