import type { Database } from '#infra/database/databases.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { ActObject, Administered, Administering } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Idempotency } from '#kms/idempotency/idempotency.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { commit } from './commit.ts';

/** The database of the service, for acts that administer. */
export interface Administration {
  /** Its transactions end with the ledger. */
  readonly database: Pick<Database<ServiceTables>, 'db' | 'transaction'>;
  readonly rows: Rows;
  readonly locks: Pick<Locks, 'lock'>;
  /** Resolves when no replica uses any more what it read before the commit. */
  readonly takeEffect: () => Promise<void>;
}

/**
 * Runs acts that change rows of the service: what a transaction decides by other rows of the same tenant stays so to its end, because
 * the changes of one tenant take turns among all replicas.
 *
 * @param options.idempotency none: every request is a new one
 */
export const createAdminister =
  ({ administration, idempotency }: { readonly administration: Administration; readonly idempotency: Idempotency | undefined }) =>
  /**
   * @param work.found told what the act is about as soon as that is known
   * @param work.begun called before the transaction
   */
  async <A>(
    caller: Caller,
    work: {
      readonly plan: (administering: Administering) => Promise<Administered<A>>;
      readonly found: (object: ActObject) => void;
      readonly begun: () => Promise<void>;
    },
  ): Promise<A> => {
    const { database, rows, locks, takeEffect } = administration;
    const { tenant } = caller;
    using turn = idempotency?.beginInService(caller) ?? null;
    const before = await turn?.replay<A>(database.db);
    if (before) {
      work.found(before.target);
      await takeEffect();
      return before.answer;
    }
    const { object, write } = await work.plan({ tenant, db: database.db, rows });
    work.found(object);
    await work.begun();
    await using lock = await locks.lock(`kms-administer-${tenant.id}`);
    const answer = await commit(database, {
      turn,
      about: object,
      write: async (tx) => {
        const made = await write(tx);
        lock.lost.throwIfAborted();
        return made;
      },
    });
    await takeEffect();
    return answer;
  };
