import type { Kysely } from 'kysely';
import { preparedQuery } from '#infra/database/prepared-query.ts';
import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { PayloadRow } from '#identity/database/payloads.table.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';
import { createFamilies } from './families.ts';
import { GRANT, grantReference, hash, hashOfId, sha256, USER_CODE } from './payload-hashes.ts';
import { fromRow, toRow } from './payload-rows.ts';
import type { PayloadStore, StoredPayload } from './payloads.ts';
import { createRotations, type Rotations } from './rotations.ts';

/** Writing an entity again makes it neither younger nor unused, and ends no grant earlier. */
const upsert = (on: Kysely<IdentityTables>, row: PayloadRow): Promise<unknown> =>
  on
    .insertInto('oidc_payloads')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('id_hash').doUpdateSet({
        ...row,
        consumed_at: (eb) => eb.ref('oidc_payloads.consumed_at'),
        expires_at: (eb) => {
          const [before, after] = [eb.ref('oidc_payloads.expires_at'), eb.ref('excluded.expires_at')];
          return row.model === GRANT ? eb.case().when(before, '>', after).then(before).else(after).end() : after;
        },
        successor_hash: (eb) => eb.ref('oidc_payloads.successor_hash'),
        created_at: (eb) => eb.ref('oidc_payloads.created_at'),
      }),
    )
    .execute();

/** Opaque access tokens: the id of each is the token. */
const ACCESS_TOKENS: readonly string[] = ['AccessToken', 'ClientCredentials'];

/** What a log-in leaves behind on its way: whoever loses it begins again, and nobody else ever had something of it. */
const ON_THE_WAY: readonly string[] = ['Interaction', 'AuthorizationCode'];

/**
 * The provider's state in the database.
 *
 * @param options.revocations hears of every token and grant that ends before its time
 * @param options.now milliseconds since the epoch
 */
export const createPayloadStore = (options: {
  readonly database: Database<IdentityTables>;
  readonly revocations: Pick<RevocationLog, 'record'>;
  readonly now: () => number;
}): PayloadStore & Rotations => {
  const { database, revocations, now } = options;
  const { db, kind } = database;
  const families = createFamilies(kind, revocations);

  const revokedOf = preparedQuery(db, (jti: string) => db.selectFrom('revoked_tokens').select('jti').where('jti', '=', jti));

  const findBy = (column: 'id_hash' | 'uid_hash' | 'user_code_hash') => {
    const rowsOf = preparedQuery(db, (value: string, model: string) =>
      db.selectFrom('oidc_payloads').select(['id_hash', 'payload', 'consumed_at']).where(column, '=', value).where('model', '=', model),
    );
    return async (value: string, model: string): Promise<StoredPayload | undefined> => fromRow((await rowsOf(value, model))[0]);
  };
  const [byId, byUid, byUserCode] = [findBy('id_hash'), findBy('uid_hash'), findBy('user_code_hash')];
  const grantOf = preparedQuery(db, (reference: string) =>
    db.selectFrom('oidc_payloads').select('expires_at').where('id_hash', '=', reference).where('model', '=', GRANT),
  );

  return {
    ...createRotations(database, families, now),

    save: async (entry) => {
      const row = toRow(entry, now());
      const { grant_hash: grantHash } = row;
      const on = ON_THE_WAY.includes(entry.model) ? database.unsynced : database;
      if (grantHash === null) {
        await upsert(on.db, row);
        return;
      }
      await on.transaction(async (tx) => {
        if (await families.lock(tx, grantHash, 'issue')) await upsert(tx, row);
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

    find: (model, id) => byId(hashOfId(model, id), model),
    findByUid: (model, uid) => byUid(hash('uid', uid), model),
    findByUserCode: (model, userCode) => byUserCode(hash(USER_CODE, userCode), model),

    consume: (model, id) =>
      database.transaction(async (tx) => {
        const idHash = hash(model, id);
        const row = await tx.selectFrom('oidc_payloads').select('grant_hash').where('id_hash', '=', idHash).executeTakeFirst();
        const grantHash = row?.grant_hash ?? null;
        if (grantHash !== null) await families.lock(tx, grantHash, 'revoke');
        const first = await tx
          .updateTable('oidc_payloads')
          .set({ consumed_at: now() })
          .where('id_hash', '=', idHash)
          .where('consumed_at', 'is', null)
          .executeTakeFirst();
        if (first.numUpdatedRows > 0n) {
          if (grantHash !== null) await families.settle(tx, grantHash);
          return 'consumed';
        }
        if (grantHash !== null) await families.revoke(tx, grantHash);
        return 'replayed';
      }),

    forget: async (model, id) => {
      await database.unsynced.db.deleteFrom('oidc_payloads').where('id_hash', '=', hash(model, id)).execute();
    },

    destroy: (model, id) =>
      database.transaction(async (tx) => {
        const idHash = hash(model, id);
        if (model === GRANT) return families.revoke(tx, idHash);
        const gone = await tx.deleteFrom('oidc_payloads').where('id_hash', '=', idHash).returning('expires_at').executeTakeFirst();
        if (gone === undefined || !ACCESS_TOKENS.includes(model)) return;
        const event = { kind: 'opaque-token-revoked', tokenHash: sha256(id) } as const;
        await revocations.record(tx, [{ event, ...(gone.expires_at === null ? {} : { endsAt: gone.expires_at }) }]);
      }),

    prolong: async (model, id, until) => {
      await db
        .updateTable('oidc_payloads')
        .set({ expires_at: until })
        .where('id_hash', '=', hash(model, id))
        .where('expires_at', '<', until)
        .execute();
    },

    revokeByGrantId: (model, grantId) =>
      database.transaction(async (tx) => {
        const grantHash = grantReference(grantId);
        await families.lock(tx, grantHash, 'revoke');
        await tx.deleteFrom('oidc_payloads').where('grant_hash', '=', grantHash).where('model', '=', model).execute();
      }),

    grantIsLive: async (reference) => {
      const [row] = await grantOf(reference);
      return row !== undefined && (row.expires_at === null || row.expires_at > now());
    },

    revokeToken: ({ jti, audience, expiresAt }) =>
      database.transaction(async (tx) => {
        const first = await tx
          .insertInto('revoked_tokens')
          .values({ jti, expires_at: expiresAt })
          .onConflict((conflict) => conflict.column('jti').doNothing())
          .executeTakeFirst();
        if ((first.numInsertedOrUpdatedRows ?? 0n) === 0n) return;
        await revocations.record(tx, [{ event: { kind: 'token-revoked', tokenId: jti }, audience, endsAt: expiresAt }]);
      }),

    tokenIsRevoked: async (jti) => (await revokedOf(jti)).length > 0,

    // Rows that a request or the sweep of another replica has in hand are left for the next time: sweeping waits for nobody.
    sweep: async (limit) => {
      const payloads = await db
        .deleteFrom('oidc_payloads')
        .where('id_hash', 'in', (eb) => {
          const expired = eb.selectFrom('oidc_payloads').select('id_hash').where('expires_at', '<=', now()).limit(limit);
          return kind === 'postgres' ? expired.forUpdate().skipLocked() : expired;
        })
        .executeTakeFirst();
      const tokens = await db
        .deleteFrom('revoked_tokens')
        .where('jti', 'in', (eb) => {
          const expired = eb.selectFrom('revoked_tokens').select('jti').where('expires_at', '<=', now()).limit(limit);
          return kind === 'postgres' ? expired.forUpdate().skipLocked() : expired;
        })
        .executeTakeFirst();
      return Number(payloads.numDeletedRows + tokens.numDeletedRows);
    },
  };
};
