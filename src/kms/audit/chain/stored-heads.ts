import type { Kysely } from 'kysely';
import { type ChainPoint, HEAD_KINDS, objectOf } from '#infra/audit/lines.ts';
import { isSignedBy } from '#infra/audit/signed-lines.ts';
import type { AuditPartRow, AuditTables } from '#kms/database/audit.table.ts';
import type { OwnedPosition } from '#kms/integrity/ledger/revisions.ts';
import type { AuditKeys } from './audit-keys.ts';
import { auditStore } from './audit.store.ts';
import { revisionsOf } from './revisions-in-heads.ts';

/** A head: the point that it names, and what else it says. */
interface StoredHead {
  readonly point: ChainPoint;
  /** Epoch milliseconds. */
  readonly at: number;
  /** How far databases had come. */
  readonly revisions: readonly OwnedPosition[];
}

/** The head that a part is, where it is one that the KMS signed and put there; null for everything else. */
export const headIn = (row: AuditPartRow, keys: AuditKeys): StoredHead | null => {
  const line = keys.isOwn(row) ? objectOf(row.lines) : null;
  if (line === null || !HEAD_KINDS.some((kind) => kind === line['kind']) || !isSignedBy(line, keys.signer.publicJwk)) return null;
  const { seq, hash, at } = line;
  if (typeof seq !== 'number' || typeof hash !== 'string' || typeof at !== 'number') return null;
  return { point: { chain: row.chain, seq, hash }, at, revisions: revisionsOf(line) };
};

/**
 * The latest heads of the chains that began last, the youngest first. What the row of a chain says is only where to look: the head itself
 * says how far the chain had come.
 */
export const storedHeads = async (db: Kysely<AuditTables>, keys: AuditKeys, limit?: number): Promise<readonly ChainPoint[]> =>
  (await auditStore(db).headParts(limit)).flatMap((row) => headIn(row, keys)?.point ?? []);
