import type { Kysely, Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import type { Act, Action, Mode, Operate, TargetOf, Work } from '#kms/action.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Caller } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { leasesEnded } from '#kms/tenants/leases.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';

/**
 * Answers of changes that were made before: a caller who repeats a request, because he never got its answer, gets that answer, and
 * nothing is changed twice. The key and the digest of the body come with the request of the caller.
 */
export interface Idempotency {
  /**
   * @returns the answer of the same request; undefined for one that is new
   * @throws AppError 422 when the key came before with another body
   */
  replay<A>(db: Kysely<TenantTables>, caller: Caller, action: Action): Promise<{ readonly answer: A } | undefined>;
  /** Within the transaction of the change: both are stored, or neither. */
  remember(tx: Transaction<TenantTables>, caller: Caller, action: Action, answer: unknown): Promise<void>;
}

/** Where every act is recorded before anyone hears of it. */
export interface Audit {
  /**
   * Resolves once the record will survive the process; an act whose record cannot be written fails.
   *
   * @param tx the transaction of a change that is about to be committed; null for every other act
   */
  record(act: Act, tx: Transaction<TenantTables> | null): Promise<void>;
}

export interface OperateOptions {
  readonly barrier: Pick<Barrier, 'state'>;
  readonly ring: KeyRing;
  /** The refusal of a caller who does not hold a scope. */
  readonly insufficientScope: (scope: FineScope) => AppError;
  /** None configured: every request is a new one. */
  readonly idempotency?: Idempotency;
  /** None configured: acts leave no record. */
  readonly audit?: Audit;
  /** Called with every act once its outcome is certain. */
  readonly emit?: (act: Act) => void;
}

type Run<M extends Mode> = <A>(caller: Caller, action: Action<M>, target: TargetOf<M>, work: Work<M, KeyRing, A>) => Promise<A>;

/**
 * The one door to keys:
 *
 *     scope ─► seal ─► idempotency ─► transaction ─► audit ─► event
 *       │        │         │
 *       ▼        ▼         ▼ of a request that came before
 *      403      503     its answer
 *
 * Acts that are refused or fail are recorded and told of as well. After the commit of a change the door makes this process forget
 * the key, and where other replicas may still use what they read of it, waits until their leases have ended.
 */
export const createOperate = (options: OperateOptions): Operate<KeyRing> => {
  const { barrier, ring, insufficientScope, idempotency, audit, emit } = options;

  const tell = async <A>(act: Act, answer: A): Promise<A> => {
    if (audit) await audit.record(act, null);
    emit?.(act);
    return answer;
  };

  const run: { readonly [M in Mode]: Run<M> } = {
    use: async (caller, action, target, work) => {
      const answer = await work({ tenant: caller.tenant, elasticKeyId: target.elasticKeyId, ring });
      return tell({ caller, action, target, outcome: 'done', materialKeyId: answer.materialKeyId }, answer);
    },

    read: async (caller, action, target, work) => {
      const { db } = await caller.tenant.database();
      const answer = await work({ tenant: caller.tenant, db, ring });
      return tell({ caller, action, target, outcome: 'done', materialKeyId: null }, answer);
    },

    change: async <A>(caller: Caller, action: Action<'change'>, target: TargetOf<'change'>, work: Work<'change', KeyRing, A>) => {
      const { tenant } = caller;
      const database = await tenant.database();
      const act: Act = { caller, action, target, outcome: 'done', materialKeyId: null };
      const before = await idempotency?.replay<A>(database.db, caller, action);
      if (before) return tell(act, before.answer);
      const write = await work({ tenant, db: database.db, ring });
      const answer = await database
        .transaction(async (tx) => {
          const made = await write(tx);
          if (idempotency) await idempotency.remember(tx, caller, action, made);
          if (audit) await audit.record(act, tx);
          return made;
        })
        .finally(() => {
          // Also where the answer to the commit was lost: nobody knows then what holds.
          if (target && action.outdates !== undefined) ring.forget({ tenant, elasticKeyId: target.elasticKeyId });
        });
      if (action.outdates === 'all') await leasesEnded(database.kind);
      emit?.(act);
      return answer;
    },
  };

  return async (caller, action, target, work) => {
    try {
      if (!caller.scopes.has(action.scope)) throw insufficientScope(action.scope);
      if (barrier.state() === 'sealed') throw sealedError();
      return await run[action.mode](caller, action, target, work);
    } catch (error) {
      const outcome = error instanceof AppError && error.status < 500 ? 'refused' : 'failed';
      await tell({ caller, action, target, outcome, materialKeyId: null }, null);
      throw error;
    }
  };
};
