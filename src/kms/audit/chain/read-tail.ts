import type { Kysely } from 'kysely';
import type { Json } from '#infra/audit/canonical-json.ts';
import { hashOf, HEAD_KINDS, objectOf } from '#infra/audit/lines.ts';
import type { AuditPartRow, AuditTables } from '#kms/database/audit.table.ts';
import { auditStore } from './audit.store.ts';
import type { Found } from './recorded-act.ts';
import { createStretch, type Stretch } from './stretch.ts';

/** Parts that are read at once. */
const PARTS_AT_ONCE = 64;

type Line = { readonly [member: string]: Json };

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

const foundIn = (line: Line): Found | null => {
  const [tenant, actor, action, outcome] = [line['tenant'], line['subject'], line['action'], line['outcome']].map(textOf);
  if (tenant === undefined || actor === undefined || action === undefined || outcome === undefined) return null;
  return { tenant, actor, action, outcome, key: textOf(line['elastic_key']) };
};

/** A record of a chain, and the part up to which the chain has been read; -1 before the first of each. */
export interface ReadPlace {
  readonly part: number;
  readonly seq: number;
  /** Of the record; empty before the first one. */
  readonly hash: string;
}

export const BEGINNING: ReadPlace = { part: -1, seq: -1, hash: '' };

/** What stands in a chain from a place on. */
export interface Tail extends ReadPlace {
  /** False where something is not as it was written: `seq` and `hash` are those of the last record that is. */
  readonly isSound: boolean;
  /** What happened in the records that the index does not cover yet. */
  readonly stretch: Stretch;
  /** Epoch milliseconds of the first of them; null where there is none. */
  readonly from: number | null;
}

/**
 * Reads a chain to its end, as far as each record follows the one before it.
 *
 * @param of.indexed the last part that the index covers; -1 for none
 * @param isOwn whether the KMS wrote this part
 */
export const readTail = async (
  db: Kysely<AuditTables>,
  of: { readonly chain: string; readonly after: ReadPlace; readonly indexed: number },
  isOwn: (part: AuditPartRow) => boolean | Promise<boolean>,
): Promise<Tail> => {
  const stretch = createStretch();
  let { part: last, seq, hash } = of.after;
  let isSound = true;
  let from: number | null = null;

  /** @returns whether the line belongs where it stands */
  const take = (text: string, isIndexed: boolean): boolean => {
    const line = objectOf(text);
    if (line === null) return false;
    if (HEAD_KINDS.some((kind) => kind === line['kind'])) return line['seq'] === seq && line['hash'] === hash;
    if (line['seq'] !== seq + 1 || (seq >= 0 && line['previous'] !== hash)) return false;
    seq += 1;
    hash = hashOf(text);
    if (isIndexed) return true;
    const found = foundIn(line);
    if (found !== null) stretch.add(found);
    if (typeof line['at'] === 'number') from = Math.min(from ?? line['at'], line['at']);
    return true;
  };

  for (;;) {
    const parts = await auditStore(db).parts(of.chain, { from: last + 1, limit: PARTS_AT_ONCE });
    for (const row of parts) {
      last = row.part;
      isSound &&= await isOwn(row);
      for (const text of row.lines.split('\n')) isSound &&= take(text, row.part <= of.indexed);
    }
    if (parts.length < PARTS_AT_ONCE) return { part: last, seq, hash, isSound, stretch, from };
  }
};
