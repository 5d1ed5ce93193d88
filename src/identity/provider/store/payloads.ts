/**
 * The state of the provider: sessions, interactions, grants, codes and tokens, each a payload of JSON under the hash of its id, and the
 * JWT access tokens that were revoked. `adapter.ts` is what oidc-provider calls; it turns its calls into those of a `PayloadStore`,
 * which `payload-store.ts` implements on the database. `revoke-owners.ts` deletes what accounts and clients have, in the transaction that
 * removes them.
 */

/** One entity as the provider reads it; times in milliseconds since the epoch. */
export interface StoredPayload {
  /** The hash of its id. */
  readonly reference: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly consumedAt: number | null;
}

export interface PayloadEntry {
  readonly model: string;
  readonly id: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly grantId?: string | undefined;
  readonly uid?: string | undefined;
  readonly userCode?: string | undefined;
  readonly accountId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly expiresAt: number | null;
}

/** `consumed` for the first use; `replayed` for every other, whose grant family is gone when this returns. */
export type Consumption = 'consumed' | 'replayed';

export interface PayloadStore {
  /**
   * Writes one entity, atomically. Durable when this resolves, except for interactions and codes: these are on disk with the next write
   * that waits for it, at the latest when the code is used, and a log-in that loses one in a power cut begins again. A token or code of a
   * grant that is gone is not written at all: a replay that revokes the family while the first use is still issuing leaves nothing usable
   * behind, whatever the order of the two.
   */
  save(entry: PayloadEntry): Promise<void>;
  /** Like `save`, but for what may be written once only. Resolves false when it was there. */
  insert(entry: PayloadEntry): Promise<boolean>;
  find(model: string, id: string): Promise<StoredPayload | undefined>;
  findByUid(model: string, uid: string): Promise<StoredPayload | undefined>;
  findByUserCode(model: string, userCode: string): Promise<StoredPayload | undefined>;
  /** One conditional UPDATE decides who is first; the loser's revocation of the family is in the same transaction. */
  consume(model: string, id: string): Promise<Consumption>;
  /** Deletes one entity that nobody counts on any more; a power cut may bring it back, until something else is saved. */
  forget(model: string, id: string): Promise<void>;
  /** Deletes one entity; a grant goes together with its whole family, in one transaction. */
  destroy(model: string, id: string): Promise<void>;
  /** Lets an entity stay at least until a moment, in milliseconds since the epoch; used or not, it is as before. */
  prolong(model: string, id: string, until: number): Promise<void>;
  revokeByGrantId(model: string, grantId: string): Promise<void>;
  /** @param reference of `grantReference` */
  grantIsLive(reference: string): Promise<boolean>;
  /** Durable when this resolves; revoking twice is no error. `expiresAt` is when the token ends by itself. */
  revokeToken(token: { readonly jti: string; readonly audience: string; readonly expiresAt: number }): Promise<void>;
  tokenIsRevoked(jti: string): Promise<boolean>;
  /** Deletes what has expired, at most `limit` rows of each table. @returns the number of rows deleted */
  sweep(limit: number): Promise<number>;
}
