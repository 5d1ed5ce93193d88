import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';
import { noteLogouts } from '#identity/logouts/logouts.store.ts';
import { createFamilies } from './families.ts';
import { logoutsOf } from './logouts-of-accounts.ts';
import { GRANT, grantReference } from './payload-hashes.ts';

/** A browser that is logged in with an account. */
export interface AccountSession {
  /** `sessionReference` of it. */
  readonly reference: string;
  /** Seconds since the epoch. */
  readonly loggedInAt: number;
  /** Seconds since the epoch: the last page of a log-in or consent, here or for a client. */
  readonly lastUsedAt: number;
  readonly amr: readonly string[];
  /** Clients that it logged in at. */
  readonly clientIds: readonly string[];
}

/** What an account has allowed a client. */
export interface AccountGrant {
  /** `grantReference` of it. */
  readonly reference: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Seconds since the epoch. */
  readonly grantedAt: number;
}

/** What an account has at Identity, for its owner to see and to end. */
export interface AccountAccess {
  /** The last used first. */
  sessions(accountId: string): Promise<readonly AccountSession[]>;
  /** By client; of one client there may be several. */
  grants(accountId: string): Promise<readonly AccountGrant[]>;
  /**
   * Ends sessions, and with each the grants that were to last no longer, as a log-out does; clients that want to know are told.
   *
   * @param which those to end: one, or all but one; a session of another account is none
   */
  endSessions(accountId: string, which: { readonly only: string } | { readonly allBut: string | null }): Promise<void>;
  /** Ends a grant with all its codes and tokens; resource servers hear of it. A grant of another account is none. */
  endGrant(accountId: string, reference: string): Promise<void>;
}

interface SessionPayload {
  readonly loginTs?: number;
  readonly amr?: readonly string[];
  readonly authorizations?: Readonly<Record<string, { readonly grantId?: string; readonly persistsLogout?: boolean }>>;
}
interface GrantPayload {
  readonly clientId: string;
  readonly iat: number;
  readonly openid?: { readonly scope?: string };
  readonly resources?: Readonly<Record<string, string>>;
}

const wordsOf = (text = ''): readonly string[] => text.split(' ').filter(Boolean);

/** Grants that a log-out of the session would end, by reference. */
const grantsOf = (payload: string): readonly string[] =>
  Object.values((JSON.parse(payload) as SessionPayload).authorizations ?? {}).flatMap(({ grantId, persistsLogout }) =>
    grantId === undefined || persistsLogout === true ? [] : [grantReference(grantId)],
  );

/**
 * @param options.sessionSeconds that a session lives from its last use on
 * @param options.now epoch milliseconds
 */
export const createAccountAccess = (options: {
  readonly database: Database<IdentityTables>;
  readonly revocations: Pick<RevocationLog, 'record'>;
  readonly sessionSeconds: number;
  readonly now: () => number;
}): AccountAccess => {
  const { database, revocations, sessionSeconds, now } = options;
  const families = createFamilies(database.kind, revocations);

  const rowsOf = (accountId: string, model: string) =>
    database.db
      .selectFrom('oidc_payloads')
      .select(['id_hash', 'payload', 'expires_at'])
      .where('account_id', '=', accountId)
      .where('model', '=', model)
      .where('expires_at', '>', now())
      .orderBy('created_at', 'desc')
      .execute();

  return {
    sessions: async (accountId) =>
      (await rowsOf(accountId, 'Session'))
        .map(({ id_hash: reference, payload, expires_at: expiresAt }) => {
          const { loginTs = 0, amr = [], authorizations = {} } = JSON.parse(payload) as SessionPayload;
          const lastUsedAt = Math.floor((expiresAt ?? 0) / 1000) - sessionSeconds;
          return { reference, loggedInAt: loginTs, lastUsedAt, amr, clientIds: Object.keys(authorizations) };
        })
        .toSorted((a, b) => b.lastUsedAt - a.lastUsedAt),

    grants: async (accountId) =>
      (await rowsOf(accountId, GRANT)).map(({ id_hash: reference, payload }) => {
        const { clientId, iat, openid, resources = {} } = JSON.parse(payload) as GrantPayload;
        const scopes = [...wordsOf(openid?.scope), ...Object.values(resources).flatMap(wordsOf)];
        return { reference, clientId, scopes: [...new Set(scopes)], grantedAt: iat };
      }),

    endSessions: (accountId, which) =>
      database.transaction(async (tx) => {
        const mine = tx.deleteFrom('oidc_payloads').where('account_id', '=', accountId).where('model', '=', 'Session');
        const those =
          'only' in which
            ? mine.where('id_hash', '=', which.only)
            : which.allBut === null
              ? mine
              : mine.where('id_hash', '!=', which.allBut);
        const gone = await those.returning('payload').execute();
        await noteLogouts(
          tx,
          gone.flatMap(({ payload }) => logoutsOf(payload)),
        );
        for (const grant of [...new Set(gone.flatMap(({ payload }) => grantsOf(payload)))].toSorted()) {
          await families.lock(tx, grant, 'revoke');
          await families.revoke(tx, grant);
        }
      }),

    endGrant: (accountId, reference) =>
      database.transaction(async (tx) => {
        await families.lock(tx, reference, 'revoke');
        const row = tx.selectFrom('oidc_payloads').select('id_hash').where('id_hash', '=', reference).where('account_id', '=', accountId);
        if ((await row.where('model', '=', GRANT).executeTakeFirst()) !== undefined) await families.revoke(tx, reference);
      }),
  };
};
