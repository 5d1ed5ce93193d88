import type { ClientRecord } from '../client.ts';
import type { ClientMetadata } from './client-metadata.ts';

/**
 * Clients that register themselves, by an initial access token of an operator, and manage their registration by a token of their own.
 * `client-metadata.ts` is how they say what they are, `create-registrations.ts` writes it down, by the same rules as for everybody else.
 *
 * @see RFC 7591, RFC 7592
 */

/** A client as its registration answers. Secret and token stand in the answer that made them, and are kept as hashes. */
export interface Registration {
  readonly client: ClientRecord;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly secret?: string;
  readonly token?: string;
}

/** Each method throws AppError `registration-token-invalid` 401 for a token that is not good for it. */
export interface Registrations {
  /** @throws AppError `scope-beyond-token`, `client-contradictory`, `scope-unknown` or `client-refused` 400 */
  register(initialToken: string, metadata: ClientMetadata): Promise<Registration>;
  read(clientId: string, token: string): Promise<Registration>;
  /**
   * The client is what the metadata say, and nothing of what it was; its token is a new one.
   *
   * @throws as `register`; AppError `client-contradictory` 400 also where it would come to prove itself in another way
   */
  replace(clientId: string, token: string, metadata: ClientMetadata): Promise<Registration>;
  /** Ends the client with its grants and tokens. */
  remove(clientId: string, token: string): Promise<void>;
}
