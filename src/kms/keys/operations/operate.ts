import type { Kysely } from 'kysely';
import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import type { DatabaseKind } from '#infra/database/config.ts';
import { isUuid } from '#infra/magic/uuid.ts';
import {
  type Act,
  type Action,
  type ActObject,
  type Admit,
  type Asked,
  type AskedOf,
  type Mode,
  type Operate,
  type Outcome,
  type Target,
  targetOf,
  type Work,
} from '#kms/action.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Caller, CallerTenant } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Idempotency } from '#kms/idempotency/idempotency.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { leasesEnded } from '#kms/tenants/leases.ts';
import { elasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import { createAdmission } from '../admission/admission.ts';
import type { HeldGrants } from '../grants/held-grants.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { type Administration, createAdminister } from './administration.ts';
import { commit, CommitUnanswered } from './commit.ts';

/** Where every act is recorded before anyone hears of it. */
export interface Audit {
  /** Resolves once the record will survive; an act whose record cannot be written fails. It must not need the tenant's database. */
  record(act: Act): Promise<void>;
}

export interface DoorOptions {
  readonly barrier: Pick<Barrier, 'state'>;
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly ring: KeyRing;
  /** The refusal of a caller who does not hold a scope. */
  readonly insufficientScope: (scope: string) => AppError;
  /** None: nobody has a right but by scopes. */
  readonly grants?: HeldGrants;
  /** None configured: every request is a new one. */
  readonly idempotency?: Idempotency;
  /** None: no act administers. */
  readonly administration?: Administration;
  /** None configured: acts leave no record. */
  readonly audit?: Audit;
  /** Called with every act once it is over; must not throw. */
  readonly emit?: (act: Act) => void;
}

/** The one door to keys. */
export interface Door {
  readonly operate: Operate<KeyRing>;
  readonly admit: Admit;
}

/** An act of any mode, before it is known how it ends. */
type Attempted = Pick<Act, 'caller' | 'action' | 'target' | 'object'>;

/** An act that was done, and what its caller is answered. */
interface Done<A> {
  readonly answer: A;
  readonly target: Target | null;
  readonly materialKeyId: string | null;
}

/** An act that is not over. Its target is null until a key is found that was asked for by name. */
interface UnderWay<M extends Mode = Mode> {
  readonly caller: Caller;
  readonly action: Action<M>;
  target: Target | null;
  object?: ActObject;
}

type Run<M extends Mode> = <A>(act: UnderWay<M>, asked: AskedOf<M>, work: Work<M, KeyRing, A, AskedOf<M>>) => Promise<Done<A>>;

/** The target of who asks by id; null where a name has to be looked up, or nothing was asked for. */
const targetById = (asked: Asked | null): Target | null => (asked !== null && isUuid(asked.key) ? targetOf(asked, asked.key) : null);

const codeOf = (error: unknown): string => {
  if (error instanceof CommitUnanswered) return codeOf(error.cause);
  return error instanceof AppError ? error.code : 'internal-error';
};

const outcomeOf = (error: unknown): Outcome => {
  if (error instanceof CommitUnanswered) return 'unknown';
  return error instanceof AppError && error.status < 500 ? 'refused' : 'failed';
};

/**
 * Makes the one door to keys:
 *
 *     scope ─► seal ─► right to the key ─► idempotency ─► name ─► audit: begun ─► transaction ─► audit ─► event
 *       │        │         │                    │            │     └─────── of a change ──────┘
 *       ▼        ▼         ▼                    ▼            ▼ of no key
 *      403      503   403 or 404            its answer      404
 *
 * The right to the key, by a scope for it or by a grant, is looked at only where the caller has not the scope for all keys.
 *
 * Each act is recorded and told of once, when it is over: also one that is refused or fails. A change has a record before its
 * transaction, too: whenever the process dies, and whatever becomes of the audit meanwhile, no change holds without one. That record is
 * written while no transaction is open, because on PostgreSQL changes would hold the connections that their records wait for.
 *
 * After the commit of a change the door makes this process forget the key, and where other replicas may still use what they read of it,
 * waits until their leases have ended; so it does for the repetition of a change, because the process that made it may have died before
 * that wait was over.
 */
export const createDoor = (options: DoorOptions): Door => {
  const { barrier, rows, ring, grants, insufficientScope, idempotency, administration, audit, emit } = options;
  const administer = administration === undefined ? null : createAdminister({ administration, idempotency });

  const forget = (tenant: CallerTenant, { elasticKeyId }: Target): void => {
    ring.forget({ tenant, elasticKeyId });
    grants?.forget(tenant.id);
  };

  const settle = async ({ caller: { tenant }, action, target }: UnderWay<'change'>, kind: DatabaseKind): Promise<void> => {
    if (target && action.outdates !== undefined) forget(tenant, target);
    if (action.outdates === 'all') await leasesEnded(kind);
  };

  /** Finds a key that was asked for by name, where the database is asked anyway. */
  const find = async (act: UnderWay, asked: Asked | null, db: Kysely<TenantTables>): Promise<Target | null> => {
    if (asked === null || act.target !== null) return act.target;
    const id = await elasticKeysStore(db, rows.of(act.caller.tenant.id)).idByName(asked.key);
    if (id === undefined) throw elasticKeyNotFound();
    return (act.target = targetOf(asked, id));
  };

  const change: Run<'change'> = async <A>(
    act: UnderWay<'change'>,
    asked: Asked | null,
    work: Work<'change', KeyRing, A, AskedOf<'change'>>,
  ) => {
    const { caller, action } = act;
    const { tenant } = caller;
    const database = withLedger(await tenant.database(), rows.of(tenant.id));
    const { db, kind } = database;
    using turn = idempotency?.begin(caller) ?? null;
    // Before the key is found: a rename that comes again asks for a key by the name that it had before.
    const before = await turn?.replay<A>(db);
    if (before) {
      await settle({ ...act, target: before.target }, kind);
      return { ...before, materialKeyId: null };
    }
    const target = await find(act, asked, db);
    const write = await work({ tenant, db, rows: rows.of(tenant.id), ring, target });
    await audit?.record({ ...act, target, outcome: 'begun', code: null, materialKeyId: null });
    const answer = await commit(database, { turn, about: target, write }).catch((error: unknown) => {
      // Nobody knows what holds, so nothing that was read before may be used any longer.
      if (target && action.outdates !== undefined) forget(tenant, target);
      throw error;
    });
    await settle({ ...act, target }, kind);
    return { answer, target, materialKeyId: null };
  };

  const run: { readonly [M in Mode]: Run<M> } = {
    use: async (act, asked, work) => {
      const { tenant } = act.caller;
      const target = (act.target ??= targetOf(asked, await ring.idOf({ tenant, name: asked.key })));
      const answer = await work({ tenant, elasticKeyId: target.elasticKeyId, ring });
      return { answer, target, materialKeyId: answer.materialKeyId };
    },
    read: async (act, asked, work) => {
      const { tenant } = act.caller;
      const { db } = await tenant.database();
      const target = await find(act, asked, db);
      return { answer: await work({ tenant, db, rows: rows.of(tenant.id), ring, target }), target, materialKeyId: null };
    },
    change,
    administer: async (act, _, work) => {
      if (administer === null) throw new InternalError('an act administers where the door has no database of the service');
      const answer = await administer(act.caller, {
        plan: work,
        found: (object) => void (act.object = object),
        begun: async () => audit?.record({ ...act, outcome: 'begun', code: null, materialKeyId: null }),
      });
      return { answer, target: null, materialKeyId: null };
    },
  };

  /** Of an act whose record cannot be written, the event says that it failed. */
  const tell = async (act: Act): Promise<void> => {
    try {
      await audit?.record(act);
    } catch (error) {
      emit?.(act.outcome === 'done' ? { ...act, outcome: 'failed', code: codeOf(error) } : act);
      throw error;
    }
    emit?.(act);
  };

  /** Tells of an act that its caller gets an error for. @returns the error to throw */
  const ended = async (act: Attempted, error: unknown): Promise<unknown> => {
    try {
      await tell({ ...act, outcome: outcomeOf(error), code: codeOf(error), materialKeyId: null });
    } catch (unrecorded) {
      // The caller learns that the record is missing; the log has the reason of the act below it.
      if (unrecorded instanceof Error) unrecorded.cause ??= error;
      return unrecorded;
    }
    return error instanceof CommitUnanswered ? error.cause : error;
  };

  const { mustBeAble, mustReach } = createAdmission({ barrier, rows, ring, grants, insufficientScope });

  return {
    admit: async (caller, action, target) => {
      if (caller.scopes.has(action.scope)) return;
      try {
        await mustBeAble(caller, action);
      } catch (error) {
        throw await ended({ caller, action, target }, error);
      }
    },
    operate: async <M extends Mode, A, K extends AskedOf<M>>(caller: Caller, action: Action<M>, asked: K, work: Work<M, KeyRing, A, K>) => {
      const act: UnderWay<M> = { caller, action, target: targetById(asked), ...(action.object && { object: action.object }) };
      const admitted = async () => {
        const hasScope = caller.scopes.has(action.scope);
        if (!hasScope) await mustBeAble(caller, action, asked);
        if (barrier.state() === 'sealed') throw sealedError();
        if (!hasScope && asked !== null) await mustReach(act, asked);
        return run[action.mode](act, asked, work as Work<M, KeyRing, A, AskedOf<M>>);
      };
      const done = await admitted().catch(async (error: unknown) => {
        throw await ended(act, error);
      });
      await tell({ ...act, target: done.target, outcome: 'done', code: null, materialKeyId: done.materialKeyId });
      return done.answer;
    },
  };
};
