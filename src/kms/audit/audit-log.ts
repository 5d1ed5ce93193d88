import type { Ed25519Jwk } from '#infra/audit/lines.ts';
import type { Databases } from '#infra/database/databases.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Act } from '#kms/action.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { AuditExport } from './export.ts';
import type { AuditConfig } from './config.ts';
import type { RefusedRequests } from './refused-requests.ts';
import type { AuditEntries } from './reading/audit-entries.ts';
import type { Emit } from '#kms/events.ts';
import type { SignedRevisions } from '#kms/integrity/ledger/revisions.ts';

/**
 * The audit: every act on keys as a record of a hash chain, in a database of its own.
 *
 *     door ──► record ─┐                          ┌─► audit_parts    groups of records, and heads
 *     guard ─► refused ┼─► chain writer ─ commit ─┤
 *     clock ─► head ───┘                          └─► audit_index    where to look for those of a tenant
 *
 * A process writes one chain, so that replicas do not wait for each other; `infra/audit` has the format of the lines, and checks an export.
 * This folder sees the barrier, whose key signs heads, and knows nothing of elastic keys.
 */
export interface AuditLog extends RefusedRequests, AsyncDisposable {
  /**
   * Resolves once the record will survive what `audit.durability` says.
   *
   * @throws AppError `audit-unavailable` 503
   */
  record(act: Act): Promise<void>;
  /**
   * Takes what heads from before say of the databases, so that one that is older than that is refused; to be called once the barrier is
   * unsealed, before anything is read from them.
   *
   * @param options.acceptOlder whether it is forgotten instead, after a restore on purpose
   */
  recallRevisions(options: { readonly acceptOlder: boolean }): Promise<void>;
  /** How far the chain of this process has come, as just signed. */
  head(): Promise<PublishedHead>;
  readonly entries: AuditEntries;
  readonly export: AuditExport;
  readonly jobs: readonly Job[];
}

/** The head of a chain and the key that signs it, for those who keep both where the owner of the database cannot change them. */
export interface PublishedHead {
  /** The signed line; null where this process has written no record yet. */
  readonly line: string | null;
  readonly publicKey: Ed25519Jwk;
}

export interface AuditLogOptions {
  readonly databases: Databases;
  readonly barrier: Pick<Barrier, 'state' | 'rowKey' | 'onForget'>;
  readonly durability: AuditConfig['durability'];
  /** How far the databases have come: heads name it. */
  readonly revisions: SignedRevisions;
  readonly emit: Emit;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
}
