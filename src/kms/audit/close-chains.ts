import type { Transaction } from 'kysely';
import type { Json } from '#infra/audit/canonical-json.ts';
import { FORMAT, hashOf, objectOf } from '#infra/audit/lines.ts';
import type { LineSigner } from '#infra/audit/signed-lines.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { AuditChainRow, AuditTables } from '#kms/database/audit.table.ts';
import { auditStore } from './chain/audit.store.ts';
import type { Found } from './chain/recorded-act.ts';
import { createStretch, type Stretch } from './chain/stretch.ts';

/** Parts that are read at once. */
const PARTS_AT_ONCE = 64;

type Line = { readonly [member: string]: Json };

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

const foundIn = (line: Line): Found | null => {
  const [tenant, actor, action, outcome] = [line['tenant'], line['subject'], line['action'], line['outcome']].map(textOf);
  if (tenant === undefined || actor === undefined || action === undefined || outcome === undefined) return null;
  return { tenant, actor, action, outcome, key: textOf(line['elastic_key']) };
};

/** What stands in a chain after its last head, as far as each record follows the one before it. */
interface Tail {
  readonly seq: number;
  readonly hash: string;
  readonly lastPart: number;
  readonly isSound: boolean;
  readonly stretch: Stretch;
  readonly from: number | null;
}

const readTail = async (db: Database<AuditTables>['db'], row: AuditChainRow): Promise<Tail> => {
  const { id, indexed_part: indexed } = row;
  const stretch = createStretch();
  let [seq, hash, lastPart, isSound, from] = [row.seq, row.hash, row.part, true, null as number | null];
  for (;;) {
    const parts = await auditStore(db).parts(id, { from: lastPart + 1, limit: PARTS_AT_ONCE });
    for (const { part, lines } of parts) {
      lastPart = part;
      for (const text of lines.split('\n')) {
        const line = objectOf(text);
        isSound &&= line !== null && line['seq'] === seq + 1 && (seq === -1 || line['previous'] === hash);
        if (line === null || !isSound) continue;
        seq += 1;
        hash = hashOf(text);
        if (part <= indexed) continue;
        const found = foundIn(line);
        if (found !== null) stretch.add(found);
        if (typeof line['at'] === 'number') from = Math.min(from ?? line['at'], line['at']);
      }
    }
    if (parts.length < PARTS_AT_ONCE) return { seq, hash, lastPart, isSound, stretch, from };
  }
};

/** A chain whose records do not follow each other: told, and closed at the last one that does. */
export interface DamagedChain {
  readonly chain: string;
  /** The first record that is not as it was written. */
  readonly seq: number;
}

/**
 * Closes the chains that a process left open when it was killed: checks what is there after the last head, puts it into the index, and
 * signs how far the chain had come. That says no more than what was found; an attacker who was faster may have cut off the end.
 *
 * @param options.olderThan epoch milliseconds: chains with a head or a begin since then belong to processes that live
 * @param options.own the chain of this process
 * @returns the chains that are not as they were written
 */
export const closeChains = async (options: {
  readonly database: Database<AuditTables>;
  readonly signer: LineSigner;
  readonly olderThan: number;
  readonly own: string | null;
  readonly now: () => number;
}): Promise<readonly DamagedChain[]> => {
  const { database, signer, olderThan, own, now } = options;
  const damaged: DamagedChain[] = [];
  for (const row of await auditStore(database.db).unended(olderThan)) {
    const { id, indexed_part: indexed } = row;
    if (id === own) continue;
    const { seq, hash, lastPart, isSound, stretch, from } = await readTail(database.db, row);
    const at = Math.max(now(), row.at + 1);
    const line = signer.sign({ at, chain: id, hash, kind: 'closed', seq, v: FORMAT });
    let wasFaster = false;
    const close = async (tx: Transaction<AuditTables>): Promise<void> => {
      const store = auditStore(tx);
      await store.addPart({ chain: id, part: lastPart + 1, last_seq: seq, lines: line }).catch((error: unknown) => {
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
