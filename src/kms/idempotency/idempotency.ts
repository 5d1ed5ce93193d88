import type { Kysely, Transaction } from 'kysely';
import type { ActObject, Target } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';

/**
 * `Idempotency-Key`: a client that never got the answer to a change sends the same request again, and the KMS answers as before and
 * changes nothing twice.
 *
 *     header ─► accept-keys ─► caller.request ─► the one door ─► begin ─► replay ─► claim, change, remember ─► answer
 *                                                                  │        │         └─ one transaction ─┘
 *                                                                  ▼        ▼
 *                                                          409 under way   the answer of before, or 422 for another request
 *
 * A key belongs to one caller: to his tenant and to his subject; a repetition comes with the same client and the same scopes as well. It is
 * remembered for a day, together with the change and in the same database, and only where the change was made: a refusal leaves nothing,
 * and asking again decides anew. The answer is sealed in its row, because some answers hold a secret that is shown once.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
 */
export interface Idempotency {
  /**
   * Takes the turn of the change for which the request of this caller carries a key; null where it carries none.
   *
   * @throws AppError `idempotency-key-in-use` 409 while this process is at the same change
   */
  begin(caller: Caller): Turn<TenantTables, Target | null> | null;
  /** The same for a change in the database of the service. @throws as `begin` */
  beginInService(caller: Caller): Turn<ServiceTables, ActObject> | null;
}

/** The answer to a change that was made. */
export interface Answered<A, About> {
  readonly answer: A;
  /** The key that it was about, null where it was about none; in the database of the service, the thing. */
  readonly target: About;
}

/** The change of one key, until its disposal. */
export interface Turn<Tables, About> extends Disposable {
  /**
   * The answer that was given before; undefined where there is none.
   *
   * @throws AppError `idempotency-key-reused` 422 where the key came with another request; `row-damaged` 503
   */
  replay<A>(db: Kysely<Tables>): Promise<Answered<A, About> | undefined>;
  /**
   * To be called first in the transaction of the change: of several replicas that are at the same change one goes on, and the others
   * wait here until it has ended.
   *
   * @throws AppError `idempotency-key-in-use` 409 where another was faster; `idempotency-keys-quota` 409
   */
  claim(tx: Transaction<Tables>): Promise<void>;
  /** To be called last in that transaction: change and answer are stored, or neither. */
  remember(tx: Transaction<Tables>, answered: Answered<unknown, About>): Promise<void>;
}
