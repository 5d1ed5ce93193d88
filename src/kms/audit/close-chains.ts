import type { Transaction } from 'kysely';
import { FORMAT } from '#infra/audit/lines.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { AuditChainRow, AuditTables } from '#kms/database/audit.table.ts';
import type { AuditKeys } from './chain/audit-keys.ts';
import { auditStore } from './chain/audit.store.ts';
import { BEGINNING, readTail, type ReadPlace } from './chain/read-tail.ts';
import { headIn } from './chain/stored-heads.ts';

/** Where to read a chain on, and when its head there was signed. */
interface Start {
  readonly after: ReadPlace;
  /** Epoch milliseconds; 0 for none. */
  readonly at: number;
}

/** After the head that the row of the chain names, or at the beginning; null for a chain that begins with nothing of the KMS. */
const startOf = async (db: Database<AuditTables>['db'], { id, part }: AuditChainRow, keys: AuditKeys): Promise<Start | null> => {
  const store = auditStore(db);
  const [headPart] = await store.parts(id, { from: part, to: part });
  const head = headPart === undefined ? null : headIn(headPart, keys);
  if (head !== null) return { after: { part, seq: head.point.seq, hash: head.point.hash }, at: head.at };
  const [begin] = await store.parts(id, { from: 0, to: 0 });
  return begin !== undefined && keys.isOwn(begin) ? { after: BEGINNING, at: 0 } : null;
};

/** A chain that is not as the KMS wrote it: told, and closed at the last record that is; not at all where there is none. */
export interface DamagedChain {
  readonly chain: string;
  /** The first record that is not as it was written. */
  readonly seq: number;
}

/**
 * Closes the chains that a process left open when it was killed: checks what is there after the last head, puts it into the index, and
 * signs how far the chain had come. Only what has the tag of the KMS is signed; who owns the database may have cut off the end.
 *
 * @param options.olderThan epoch milliseconds: chains with a head or a begin since then belong to processes that live
 * @param options.own the chain of this process
 * @returns the chains that are not as they were written
 */
export const closeChains = async (options: {
  readonly database: Database<AuditTables>;
  readonly keys: AuditKeys;
  readonly olderThan: number;
  readonly own: string | null;
  readonly now: () => number;
}): Promise<readonly DamagedChain[]> => {
  const { database, keys, olderThan, own, now } = options;
  const damaged: DamagedChain[] = [];
  for (const row of await auditStore(database.db).unended(olderThan)) {
    const { id, indexed_part: indexed } = row;
    if (id === own) continue;
    const start = await startOf(database.db, row, keys);
    if (start === null) {
      damaged.push({ chain: id, seq: 0 });
      continue;
    }
    const {
      part: lastPart,
      seq,
      hash,
      isSound,
      stretch,
      from,
    } = await readTail(database.db, { chain: id, after: start.after, indexed }, keys.isOwn);
    const at = Math.max(now(), start.at + 1);
    const head = { chain: id, part: lastPart + 1, lines: keys.signer.sign({ at, chain: id, hash, kind: 'closed', seq, v: FORMAT }) };
    let wasFaster = false;
    const close = async (tx: Transaction<AuditTables>): Promise<void> => {
      const store = auditStore(tx);
      await store.addPart({ ...head, last_seq: seq, tag: keys.tagOf(head) }).catch((error: unknown) => {
        // Another replica, or the process of the chain, has taken the place.
        wasFaster = isUniqueViolation(error);
        throw error;
      });
      await store.addIndex(stretch.rows({ chain: id, firstPart: indexed + 1, lastPart, from: from ?? at, at }));
      await store.setChain({ id, at, part: lastPart + 1, seq, hash, indexed_part: lastPart, ended: 1 });
    };
    try {
      await database.transaction(close);
    } catch (error) {
      if (wasFaster) continue;
      throw error;
    }
    if (!isSound) damaged.push({ chain: id, seq: seq + 1 });
  }
  return damaged;
};
