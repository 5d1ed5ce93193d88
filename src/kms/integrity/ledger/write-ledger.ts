import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { LedgerRow, LedgerTables } from '#kms/database/row-ledger.table.ts';
import { type LedgerPlace, type OpenLedger, positionOf } from './ledger.ts';
import { type Entries, entryOf, HEAD, nameOf, pageOf } from './pages.ts';
import type { Position } from './revisions.ts';

/** Puts its tag on a row of the ledger. */
export type TagLedgerRow = (owner: string, row: Omit<LedgerRow, 'tag'>) => LedgerRow;

/** A row after the transaction; a null tag where it is not there any more. */
export interface LedgerChange {
  readonly table: string;
  readonly id: string;
  readonly tag: string | null;
}

/**
 * Waits for the turn of a writer: until the end of its transaction nobody else writes to this ledger. Every writer takes it last, once it
 * has written its rows, so that who has it waits for nobody. On SQLite transactions take turns anyway.
 *
 * @param tx a transaction
 */
export const takeTurn = async ({ owner, db: tx }: LedgerPlace, tagged: TagLedgerRow): Promise<void> => {
  if (await lockHead(tx)) return;
  const first = tagged(owner, { id: HEAD, stamp: randomUUIDv7(), revision: 0, entries: '{}' });
  await tx
    .insertInto('row_ledger')
    .values(first)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  // Another transaction may have made it meanwhile, and may have it still.
  await lockHead(tx);
};

const lockHead = async (tx: Kysely<LedgerTables>): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('row_ledger')
    .set(({ ref }) => ({ revision: ref('revision') }))
    .where('id', '=', HEAD)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
};

export const pagesOf = (rows: readonly Pick<LedgerChange, 'table' | 'id'>[]): ReadonlySet<string> =>
  new Set(rows.map(({ table, id }) => pageOf(nameOf(table, id))));

const newStamp = (): string => randomBytes(12).toString('base64url');

const changed = (page: Entries, changes: readonly LedgerChange[]): Entries => {
  const after = new Map(Object.entries(page));
  for (const { table, id, tag } of changes) {
    const entry = entryOf(tag);
    if (entry === undefined) after.delete(nameOf(table, id));
    else after.set(nameOf(table, id), entry);
  }
  return Object.fromEntries(after);
};

/**
 * Writes what became of rows: their pages anew, and the head that names these. It belongs in the transaction of the change, after
 * `takeTurn`.
 *
 * @param ledger head and pages of these rows, read after the turn was taken
 * @returns how far the ledger comes by it, once it is committed
 */
export const writeLedger = async (
  { owner, db: tx }: LedgerPlace,
  ledger: OpenLedger & { readonly head: LedgerRow },
  changes: readonly LedgerChange[],
  tagged: TagLedgerRow,
): Promise<Position> => {
  const revision = ledger.head.revision + 1;
  const pages = [...pagesOf(changes)].map((id) => {
    const ofPage = changes.filter(({ table, id: key }) => pageOf(nameOf(table, key)) === id);
    const entries = JSON.stringify(changed(ledger.pages.get(id) ?? {}, ofPage));
    return tagged(owner, { id, stamp: newStamp(), revision, entries });
  });
  const stamps = { ...ledger.stamps, ...Object.fromEntries(pages.map(({ id, stamp }) => [id, stamp])) };
  const head = tagged(owner, { ...ledger.head, revision, entries: JSON.stringify(stamps) });
  await tx
    .insertInto('row_ledger')
    .values([...pages, head])
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ ref }) => ({
        stamp: ref('excluded.stamp'),
        revision: ref('excluded.revision'),
        entries: ref('excluded.entries'),
        tag: ref('excluded.tag'),
      })),
    )
    .execute();
  return positionOf(head);
};
