import type { Kysely, Transaction } from 'kysely';
import type { FineScope } from '#infra/magic/magic.ts';
import type { Caller, CallerTenant } from './caller.ts';
import type { TenantTables } from './database/tenant-tables.ts';
import type { ServiceTables } from './database/service-tables.ts';
import type { Rows, TenantRows } from './integrity/row-integrity.ts';

/**
 * How far an action reaches.
 *
 *     use          key material in memory: no transaction, and no database while the key ring remembers the key
 *     read         rows of the tenant's database
 *     change       rows of the tenant's database, in one transaction
 *     administer   rows of the service's database, in one transaction: users, and what else is no tenant's own
 */
export type Mode = 'use' | 'read' | 'change' | 'administer';

/** An act that a caller may ask for, as data. */
export interface Action<M extends Mode = Mode> {
  /** Stable: audit records and metrics carry it. */
  readonly name: string;
  readonly scope: FineScope;
  readonly mode: M;
  /**
   * How the scopes that a caller holds for single keys count. By default they are enough for the key that is asked for. `tenant`: they are
   * not, because it is decided who reaches which key. `reached`: the act is about all keys, and its work shows those that they reach.
   */
  readonly reach?: 'tenant' | 'reached';
  /**
   * A change may make key rings out of date. `own`: the one of this process forgets the key. `all`: other replicas may use their
   * rings until their leases end, and the answer waits for that.
   */
  readonly outdates?: 'own' | 'all';
  /** The thing that one act is about where that is no key and is known before its work; its record has it. */
  readonly object?: ActObject;
}

/** The key that a caller asks for. */
export interface Asked {
  /** The id of an elastic key, or its name: no name has the form of an id. */
  readonly key: string;
  readonly materialKeyId?: string;
  /** The context that a use gives; a grant may ask for one. */
  readonly context?: string | undefined;
}

/** A use has one key; reading and changing may be about all keys of the tenant, and then nothing is asked for; administering is about none. */
export type AskedOf<M extends Mode> = {
  readonly use: Asked;
  readonly read: Asked | null;
  readonly change: Asked | null;
  readonly administer: null;
}[M];

/** The key that an act is about, by its id; null for an act on all keys of the tenant, and where nothing has the name that was asked for. */
export interface Target {
  readonly elasticKeyId: string;
  readonly materialKeyId?: string;
}

/** The thing that an act is about where that is no key, by its id; the grant by which a key is used. */
export interface ActObject {
  readonly kind: 'realm-user' | 'tenant' | 'api-key' | 'grant';
  readonly id: string;
}

/** @param elasticKeyId of the key that was asked for */
export const targetOf = ({ materialKeyId }: Asked, elasticKeyId: string): Target => ({
  elasticKeyId,
  ...(materialKeyId !== undefined && { materialKeyId }),
});

/** Where one key was asked for, the door has found it. */
type Found<K extends Asked | null> = K extends Asked ? Target : null;

/** The work of `use` gets this. */
export interface KeyUse<Ring> {
  readonly tenant: CallerTenant;
  readonly elasticKeyId: string;
  readonly ring: Ring;
}

/** The work of `read` gets this, and that of `change` before its transaction. */
export interface Reading<Ring, T extends Target | null = Target | null> {
  readonly target: T;
  readonly tenant: CallerTenant;
  readonly db: Kysely<TenantTables>;
  /** Checks and tags the rows of the tenant. */
  readonly rows: TenantRows;
  readonly ring: Ring;
}

/** An answer of `use` says which version was used; null where none was. */
interface VersionUsed {
  readonly materialKeyId: string | null;
}

/** The part of a change that its transaction holds: it writes through `tx` and nothing else, and gives the answer. */
export type Write<A, Tables = TenantTables> = (tx: Transaction<Tables>) => Promise<A>;

/** The work of `administer` gets this before its transaction. */
export interface Administering {
  readonly tenant: CallerTenant;
  /** The database of the service. */
  readonly db: Kysely<ServiceTables>;
  readonly rows: Rows;
}

/** What the work of `administer` is about, and how it is written. */
export interface Administered<A> {
  readonly object: ActObject;
  readonly write: Write<A, ServiceTables>;
}

/**
 * The work of an act runs once the act is admitted. That of a change has two parts: the first reads, and makes key material, for
 * which it may wait for other databases; it returns the second, which writes in the transaction. So no transaction ever waits for
 * anything but its own statements.
 */
interface WorkByMode<Ring, A, K extends Asked | null> {
  readonly use: (use: KeyUse<Ring>) => Promise<A & VersionUsed>;
  readonly read: (reading: Reading<Ring, Found<K>>) => Promise<A>;
  readonly change: (reading: Reading<Ring, Found<K>>) => Promise<Write<A>>;
  readonly administer: (administering: Administering) => Promise<Administered<A>>;
}
export type Work<M extends Mode, Ring, A, K extends Asked | null> = WorkByMode<Ring, A, K>[M];

/**
 * The one door to keys: nothing that a request asks for reads, changes or uses a key but through it, and its work gets database and
 * key ring from it. In this order it checks the scope and the seal, finds the key where it was asked for by name, checks the right to it
 * where the caller has the scope for single keys alone, opens the transaction of a change, and tells what came of the act.
 *
 * @throws AppError `scope-insufficient` 403, `sealed` 503, `elastic-key-not-found` 404 for a name that no elastic key has, and whatever
 *   the work throws
 */
export type Operate<Ring = unknown> = <M extends Mode, A, K extends AskedOf<M>>(
  caller: Caller,
  action: Action<M>,
  asked: K,
  work: Work<M, Ring, A, K>,
) => Promise<A>;

/**
 * Checks before the body of a request is read whether the caller could have the right. A refusal is told of as that of any other act.
 *
 * @throws AppError `scope-insufficient` 403
 */
export type Admit = (caller: Caller, action: Action, target: Target | null) => Promise<void>;

/**
 * How far an act came. `begun`: a change is about to be committed; where nothing follows in the audit, nobody knows whether it was.
 * `refused`: the caller must ask otherwise (4xx). `failed`: the service could not do it (5xx), and nothing is changed. `unknown`: the
 * commit of a change was sent and not answered, so nobody knows whether it holds.
 */
export const OUTCOMES = ['begun', 'done', 'refused', 'failed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** An act that is over, or a change that has begun. */
export interface Act {
  readonly caller: Caller;
  readonly action: Action;
  readonly target: Target | null;
  /** Absent where it is about a key alone, about all, or not known. */
  readonly object?: ActObject;
  readonly outcome: Outcome;
  /** Of the error that its caller gets; null where there is none. */
  readonly code: string | null;
  /** The version that was used, where one was. */
  readonly materialKeyId: string | null;
}
