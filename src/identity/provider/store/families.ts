import type { Transaction } from 'kysely';
import type { DatabaseKind } from '#infra/database/config.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';

/** A grant and all its codes and tokens. Every write to a family locks its grant before any other row: so issuing and revoking never cross, and no two transactions wait for each other. */
export interface Families {
  /** Whether the grant is there, and stays as it is until the transaction ends. */
  lock(tx: Transaction<IdentityTables>, grantHash: string, purpose: 'issue' | 'revoke'): Promise<boolean>;
  /** Gives a grant its whole life, which it has once a code of it was redeemed. */
  settle(tx: Transaction<IdentityTables>, grantHash: string): Promise<void>;
  /** Ends the whole family, and records it where the grant was still there. */
  revoke(tx: Transaction<IdentityTables>, grantHash: string): Promise<void>;
}

export const createFamilies = (kind: DatabaseKind, revocations: Pick<RevocationLog, 'record'>): Families => ({
  // SQLite has one writer at a time and needs no lock.
  lock: async (tx, grantHash, purpose) => {
    const query = tx.selectFrom('oidc_payloads').select('id_hash').where('id_hash', '=', grantHash);
    const lock = purpose === 'issue' ? query.forKeyShare() : query.forUpdate();
    return (await (kind === 'postgres' ? lock : query).executeTakeFirst()) !== undefined;
  },

  settle: async (tx, grantHash) => {
    const grant = await tx
      .selectFrom('oidc_payloads')
      .select(['payload', 'expires_at'])
      .where('id_hash', '=', grantHash)
      .executeTakeFirst();
    const { exp } = JSON.parse(grant?.payload ?? '{}') as { readonly exp?: number };
    if (exp === undefined || (grant?.expires_at ?? exp * 1000) >= exp * 1000) return;
    await tx
      .updateTable('oidc_payloads')
      .set({ expires_at: exp * 1000 })
      .where('id_hash', '=', grantHash)
      .execute();
  },

  // The grant goes first: its row is the lock of the family.
  revoke: async (tx, grantHash) => {
    const grant = await tx.deleteFrom('oidc_payloads').where('id_hash', '=', grantHash).executeTakeFirst();
    await tx.deleteFrom('oidc_payloads').where('grant_hash', '=', grantHash).execute();
    if (grant.numDeletedRows > 0n) await revocations.record(tx, [{ event: { kind: 'grant-revoked', grant: grantHash } }]);
  },
});
