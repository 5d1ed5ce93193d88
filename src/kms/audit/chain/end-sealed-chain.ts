import type { Transaction } from 'kysely';
import { FORMAT } from '#infra/audit/lines.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import type { AuditKeys } from './audit-keys.ts';
import { auditStore } from './audit.store.ts';
import { BEGINNING, readTail, type ReadPlace } from './read-tail.ts';

/**
 * Ends a chain that this process wrote while its barrier was sealed, in one transaction: its parts get their tags, because they lead to
 * the hash that the process remembers, its records go into the index, and a signed head says that nothing follows.
 *
 * @param of.last how far the chain had come, as the process remembers it
 * @param of.at epoch milliseconds of the head
 * @returns the line of the head
 * @throws Error where the parts are not those that the process wrote; none gets a tag then
 */
export const endSealedChain = async (
  tx: Transaction<AuditTables>,
  of: { readonly chain: string; readonly last: ReadPlace; readonly at: number },
  keys: AuditKeys,
): Promise<string> => {
  const { chain, last, at } = of;
  const store = auditStore(tx);
  const { part, seq, hash, isSound, stretch, from } = await readTail(tx, { chain, after: BEGINNING, indexed: -1 }, async (row) => {
    await store.setTag(row, keys.tagOf(row));
    return true;
  });
  if (!isSound || part !== last.part || seq !== last.seq || hash !== last.hash)
    throw new Error(`chain ${chain} was changed while this process was sealed`);
  const head = { chain, part: part + 1, lines: keys.signer.sign({ at, chain, hash, kind: 'end', seq, v: FORMAT }) };
  await store.addPart({ ...head, last_seq: seq, tag: keys.tagOf(head) });
  await store.addIndex(stretch.rows({ chain, firstPart: 0, lastPart: part, from: from ?? at, at }));
  const isOpen = await store.setChain({ id: chain, at, part: part + 1, seq, hash, indexed_part: part, ended: 1 });
  if (!isOpen) throw new Error(`chain ${chain} was closed meanwhile`);
  return head.lines;
};
