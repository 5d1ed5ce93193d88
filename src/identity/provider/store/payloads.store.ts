import { createHash } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { PayloadRow } from './payloads.table.ts';

/** What the provider keeps of one entity; times in milliseconds since the epoch. */
export interface StoredPayload {
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

/** `consumed` for the one that came first; `replayed` for every other, whose grant family is gone when this returns. */
export type Consumption = 'consumed' | 'replayed';

export interface PayloadStore {
  /**
   * Writes one entity, atomically. A token or code of a grant that is gone is not written at all: a replay that revokes the
   * family while the first use is still issuing leaves nothing usable behind, whatever the order of the two.
   */
  save(entry: PayloadEntry): Promise<void>;
  /** Like `save`, but for what may be written once only. Resolves false when it was there. */
  insert(entry: PayloadEntry): Promise<boolean>;
  find(model: string, id: string): Promise<StoredPayload | undefined>;
  findByUid(model: string, uid: string): Promise<StoredPayload | undefined>;
  findByUserCode(model: string, userCode: string): Promise<StoredPayload | undefined>;
  /** One conditional UPDATE decides who is first; the loser's revocation of the family is in the same transaction. */
  consume(model: string, id: string): Promise<Consumption>;
  /** Deletes one entity; a grant goes together with its whole family, in one transaction. */
  destroy(model: string, id: string): Promise<void>;
  revokeByGrantId(model: string, grantId: string): Promise<void>;
  /** @param reference of `grantReference` */
  grantIsLive(reference: string): Promise<boolean>;
  /** Durable when this resolves; revoking twice is no error. `expiresAt` is when the token ends by itself. */
  revokeToken(jti: string, expiresAt: number): Promise<void>;
  tokenIsRevoked(jti: string): Promise<boolean>;
  /** Deletes what has expired, at most `limit` rows of each table. @returns the number of rows deleted */
  sweep(limit: number): Promise<number>;
}

const GRANT = 'Grant';
const DELETE_CHUNK = 500;

const hash = (kind: string, value: string): string => createHash('sha256').update(`${kind}:${value}`).digest('base64url');

/** How a grant is named outside the provider, for example in a token: its row, never its id. */
export const grantReference = (grantId: string): string => hash(GRANT, grantId);

const optionalHash = (kind: string, value: string | undefined): string | null => (value === undefined ? null : hash(kind, value));

const toRow = (entry: PayloadEntry, createdAt: number): PayloadRow => ({
  id_hash: hash(entry.model, entry.id),
  model: entry.model,
  grant_hash: optionalHash(GRANT, entry.grantId),
  uid_hash: optionalHash('uid', entry.uid),
  user_code_hash: optionalHash('user-code', entry.userCode),
  account_id: entry.accountId ?? null,
  client_id: entry.clientId ?? null,
  payload: JSON.stringify(entry.payload),
  expires_at: entry.expiresAt,
  consumed_at: null,
  created_at: createdAt,
});

const fromRow = (row: Pick<PayloadRow, 'payload' | 'consumed_at'> | undefined): StoredPayload | undefined =>
  row && { payload: JSON.parse(row.payload) as Record<string, unknown>, consumedAt: row.consumed_at };

/** The grant goes first: its row is the lock of the family. */
const revokeFamily = async (tx: Transaction<IdentityTables>, grantHash: string): Promise<void> => {
  await tx.deleteFrom('oidc_payloads').where('id_hash', '=', grantHash).execute();
  await tx.deleteFrom('oidc_payloads').where('grant_hash', '=', grantHash).execute();
};

const deleteWhereIn = async (
  tx: Transaction<IdentityTables>,
  column: 'account_id' | 'client_id',
  values: readonly string[],
): Promise<void> => {
  for (let start = 0; start < values.length; start += DELETE_CHUNK) {
    const chunk = values.slice(start, start + DELETE_CHUNK);
    await tx.deleteFrom('oidc_payloads').where(column, 'in', chunk).where('model', '=', GRANT).execute();
    await tx.deleteFrom('oidc_payloads').where(column, 'in', chunk).execute();
  }
};

/** Deletes sessions, interactions, grants, codes and tokens of accounts, in the caller's transaction. */
export const revokeForAccounts = (tx: Transaction<IdentityTables>, accountIds: readonly string[]): Promise<void> =>
  deleteWhereIn(tx, 'account_id', accountIds);

/** Deletes interactions, grants, codes and tokens of clients, in the caller's transaction. */
export const revokeForClients = (tx: Transaction<IdentityTables>, clientIds: readonly string[]): Promise<void> =>
  deleteWhereIn(tx, 'client_id', clientIds);

/**
 * Deletes what clients have without an account since a moment, in the caller's transaction: their own tokens, and interactions
 * before log-in.
 *
 * @param since milliseconds since the epoch, included
 */
export const revokeForClientsSince = async (
  tx: Transaction<IdentityTables>,
  clientIds: readonly string[],
  since: number,
): Promise<void> => {
  for (let start = 0; start < clientIds.length; start += DELETE_CHUNK) {
    await tx
      .deleteFrom('oidc_payloads')
      .where('client_id', 'in', clientIds.slice(start, start + DELETE_CHUNK))
      .where('account_id', 'is', null)
      .where('created_at', '>=', since)
      .execute();
  }
};

/** Being written again makes nothing younger or unused. */
const upsert = (on: Kysely<IdentityTables>, row: PayloadRow): Promise<unknown> =>
  on
    .insertInto('oidc_payloads')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('id_hash').doUpdateSet({
        ...row,
        consumed_at: (eb) => eb.ref('oidc_payloads.consumed_at'),
        created_at: (eb) => eb.ref('oidc_payloads.created_at'),
      }),
    )
    .execute();

/** The provider's state in the database. @param now milliseconds since the epoch */
export const createPayloadStore = ({ database, now }: { database: Database<IdentityTables>; now: () => number }): PayloadStore => {
  const { db, kind } = database;

  /**
   * Whether the grant is there, and stays as it is until the transaction ends. Whoever writes to a family locks its grant
   * before any other row: so issuing and revoking never cross, and no two transactions wait for each other. SQLite has one
   * writer at a time and needs no lock.
   */
  const lockGrant = async (tx: Transaction<IdentityTables>, grantHash: string, purpose: 'issue' | 'revoke'): Promise<boolean> => {
    const query = tx.selectFrom('oidc_payloads').select('id_hash').where('id_hash', '=', grantHash);
    const lock = purpose === 'issue' ? query.forKeyShare() : query.forUpdate();
    return (await (kind === 'postgres' ? lock : query).executeTakeFirst()) !== undefined;
  };

  const findOne = async (
    column: 'id_hash' | 'uid_hash' | 'user_code_hash',
    value: string,
    model: string,
  ): Promise<StoredPayload | undefined> =>
    fromRow(
      await db
        .selectFrom('oidc_payloads')
        .select(['payload', 'consumed_at'])
        .where(column, '=', value)
        .where('model', '=', model)
        .executeTakeFirst(),
    );

  return {
    save: async (entry) => {
      const row = toRow(entry, now());
      const { grant_hash: grantHash } = row;
      if (grantHash === null) {
        await upsert(db, row);
        return;
      }
      await database.transaction(async (tx) => {
        if (await lockGrant(tx, grantHash, 'issue')) await upsert(tx, row);
      });
    },

    insert: async (entry) => {
      const inserted = await db
        .insertInto('oidc_payloads')
        .values(toRow(entry, now()))
        .onConflict((conflict) => conflict.column('id_hash').doNothing())
        .executeTakeFirst();
      return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },

    find: (model, id) => findOne('id_hash', hash(model, id), model),
    findByUid: (model, uid) => findOne('uid_hash', hash('uid', uid), model),
    findByUserCode: (model, userCode) => findOne('user_code_hash', hash('user-code', userCode), model),

    consume: (model, id) =>
      database.transaction(async (tx) => {
        const idHash = hash(model, id);
        const row = await tx.selectFrom('oidc_payloads').select('grant_hash').where('id_hash', '=', idHash).executeTakeFirst();
        const grantHash = row?.grant_hash ?? null;
        if (grantHash !== null) await lockGrant(tx, grantHash, 'revoke');
        const first = await tx
          .updateTable('oidc_payloads')
          .set({ consumed_at: now() })
          .where('id_hash', '=', idHash)
          .where('consumed_at', 'is', null)
          .executeTakeFirst();
        if (first.numUpdatedRows > 0n) return 'consumed';
        if (grantHash !== null) await revokeFamily(tx, grantHash);
        return 'replayed';
      }),

    destroy: (model, id) =>
      database.transaction(async (tx) => {
        const idHash = hash(model, id);
        if (model === GRANT) await revokeFamily(tx, idHash);
        else await tx.deleteFrom('oidc_payloads').where('id_hash', '=', idHash).execute();
      }),

    revokeByGrantId: (model, grantId) =>
      database.transaction(async (tx) => {
        const grantHash = grantReference(grantId);
        await lockGrant(tx, grantHash, 'revoke');
        await tx.deleteFrom('oidc_payloads').where('grant_hash', '=', grantHash).where('model', '=', model).execute();
      }),

    grantIsLive: async (reference) => {
      const row = await db
        .selectFrom('oidc_payloads')
        .select('expires_at')
        .where('id_hash', '=', reference)
        .where('model', '=', GRANT)
        .executeTakeFirst();
      return row !== undefined && (row.expires_at === null || row.expires_at > now());
    },

    revokeToken: async (jti, expiresAt) => {
      await db
        .insertInto('revoked_tokens')
        .values({ jti, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('jti').doNothing())
        .execute();
    },

    tokenIsRevoked: async (jti) =>
      (await db.selectFrom('revoked_tokens').select('jti').where('jti', '=', jti).executeTakeFirst()) !== undefined,

    sweep: async (limit) => {
      const payloads = await db
        .deleteFrom('oidc_payloads')
        .where('id_hash', 'in', (eb) => {
          const expired = eb.selectFrom('oidc_payloads').select('id_hash').where('expires_at', '<=', now()).limit(limit);
          // What a request is just using is left for the next time, so sweeping waits for nobody.
          return kind === 'postgres' ? expired.forUpdate().skipLocked() : expired;
        })
        .executeTakeFirst();
      const tokens = await db
        .deleteFrom('revoked_tokens')
        .where('jti', 'in', (eb) => eb.selectFrom('revoked_tokens').select('jti').where('expires_at', '<=', now()).limit(limit))
        .executeTakeFirst();
      return Number(payloads.numDeletedRows + tokens.numDeletedRows);
    },
  };
};
