import type { ClientRecord } from './client.ts';

/**
 * The clients, and the check that one is who it says. Rows come from `client.store.ts`, service clients of the configuration
 * from `service-clients.ts`; the provider alone asks.
 */
/** A client as it is now. */
export interface SeenClient {
  readonly client: ClientRecord;
  /** Another one with each other secret; empty for a client without. */
  readonly secretVersion: string;
}

export interface Clients {
  /** @returns undefined for an unknown, disabled or retired client */
  look(clientId: string): Promise<SeenClient | undefined>;
  /** `look` without the secret. */
  find(clientId: string): Promise<ClientRecord | undefined>;
  /** Whether scripts of this origin may read answers to a client. */
  hasOrigin(origin: string): Promise<boolean>;
  /**
   * In constant time and at the same cost for a client without a secret; resolves false for a wrong one.
   *
   * @param address of the peer, as the socket has it
   * @throws AppError `too-many-attempts` or `password-queue-full` (429 with Retry-After)
   */
  verifySecret(clientId: string, secret: string, address: string): Promise<boolean>;
}
