import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { Families } from './families.ts';
import { hash } from './payload-hashes.ts';

const REFRESH_TOKEN = 'RefreshToken';

/** How one refresh token may be used. */
export interface RotationRule {
  /** Ids that its successor may have, the one for a first use first. */
  readonly successors: readonly [string, ...string[]];
  /** Milliseconds after the first use in which another one counts as its repetition; 0 for none. */
  readonly graceMs: number;
}

export interface Rotations {
  /**
   * Uses a refresh token up. One conditional UPDATE decides which use is the first, and writes down which successor it has. A later use
   * within the grace has the same successor, as long as that was not used itself. Any other use ends the family, in the same transaction.
   *
   * @returns the id of the successor, undefined when the family is gone
   */
  rotate(id: string, rule: RotationRule): Promise<string | undefined>;
}

const rowOf = (tx: Transaction<IdentityTables>, idHash: string) =>
  tx
    .selectFrom('oidc_payloads')
    .select(['grant_hash', 'consumed_at', 'successor_hash'])
    .where('id_hash', '=', idHash)
    .where('model', '=', REFRESH_TOKEN)
    .executeTakeFirst();

export const createRotations = (database: Database<IdentityTables>, families: Families, now: () => number): Rotations => {
  const repeatedSuccessor = async (
    tx: Transaction<IdentityTables>,
    idHash: string,
    { successors, graceMs }: RotationRule,
  ): Promise<string | undefined> => {
    const used = await rowOf(tx, idHash);
    const usedAt = used?.consumed_at ?? null;
    // A clock that was set back makes the grace no longer.
    if (usedAt === null || Math.abs(now() - usedAt) >= graceMs) return undefined;
    const successor = successors.find((id) => hash(REFRESH_TOKEN, id) === used?.successor_hash);
    if (successor === undefined) return undefined;
    // It is not there where the process died between the two writes.
    const issued = await rowOf(tx, hash(REFRESH_TOKEN, successor));
    return (issued?.consumed_at ?? null) === null ? successor : undefined;
  };

  return {
    rotate: (id, rule) =>
      database.transaction(async (tx) => {
        const idHash = hash(REFRESH_TOKEN, id);
        const grantHash = (await rowOf(tx, idHash))?.grant_hash ?? null;
        if (grantHash !== null) await families.lock(tx, grantHash, 'revoke');
        const [successor] = rule.successors;
        const first = await tx
          .updateTable('oidc_payloads')
          .set({ consumed_at: now(), successor_hash: hash(REFRESH_TOKEN, successor) })
          .where('id_hash', '=', idHash)
          .where('consumed_at', 'is', null)
          .executeTakeFirst();
        if (first.numUpdatedRows > 0n) return successor;
        const repeated = await repeatedSuccessor(tx, idHash, rule);
        if (repeated === undefined && grantHash !== null) await families.revoke(tx, grantHash);
        return repeated;
      }),
  };
};
