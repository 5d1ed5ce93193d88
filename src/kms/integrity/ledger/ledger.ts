import type { Kysely } from 'kysely';
import type { AppError } from '#infra/apperr/app-error.ts';
import type { LedgerRow, LedgerTables } from '#kms/database/row-ledger.table.ts';
import { type Entries, entriesOf, entryOf, HEAD, nameOf, pageOf } from './pages.ts';
import { contradicts, type Position, type Revisions } from './revisions.ts';

/** A ledger: of the service, or of a tenant in its own database. */
export interface LedgerPlace {
  /** A tenant id or `service`. */
  readonly owner: string;
  /** The database, or a transaction on it. */
  readonly db: Kysely<LedgerTables>;
}

/** The tags of a ledger. */
export interface LedgerTags {
  /** @throws AppError `sealed` 503 */
  isGood(owner: string, row: LedgerRow): boolean;
}

export interface Refusals {
  damaged(table: 'row_ledger', id: string, owner: string): AppError;
  rolledBack(owner: string, found: Position | null, known: Position): AppError;
}

/** The ledger as one statement read it: its head, and the pages that were asked for. */
export interface OpenLedger {
  /** Null where nothing was written yet. */
  readonly head: LedgerRow | null;
  readonly stamps: Entries;
  readonly pages: ReadonlyMap<string, Entries>;
}

export const positionOf = ({ stamp, revision, tag }: LedgerRow): Position => ({ ledger: stamp, revision, tag });

/**
 * Reads the head and some pages, in one statement, so that they are of one moment.
 *
 * @param pages ids of pages
 * @throws AppError `row-damaged` 503 for a head or a page that the KMS did not write, or a page other than the one that the head names;
 *   `database-rolled-back` 503 for a head that is older than one that was seen, or none that came after it
 */
export const openLedger = async (
  { owner, db }: LedgerPlace,
  pages: ReadonlySet<string>,
  { tags, revisions, refusals }: { readonly tags: LedgerTags; readonly revisions: Revisions; readonly refusals: Refusals },
): Promise<OpenLedger> => {
  // Before the query: what another request sees meanwhile may be newer than what this one finds.
  const known = revisions.of(owner);
  const found = await db
    .selectFrom('row_ledger')
    .selectAll()
    .where('id', 'in', [HEAD, ...pages])
    .execute();
  const byId = new Map(found.map((row) => [row.id, row]));
  const taken = (id: string): LedgerRow | undefined => {
    const row = byId.get(id);
    if (row !== undefined && !tags.isGood(owner, row)) throw refusals.damaged('row_ledger', id, owner);
    return row;
  };
  const head = taken(HEAD);
  if (known !== undefined && (head === undefined || contradicts(positionOf(head), known))) {
    throw refusals.rolledBack(owner, head === undefined ? null : positionOf(head), known);
  }
  // What this transaction itself wrote may never be committed.
  if (head !== undefined && !db.isTransaction) revisions.saw(owner, positionOf(head));
  const stamps = head === undefined ? {} : entriesOf(head);
  const opened = new Map<string, Entries>();
  for (const id of pages) {
    const page = taken(id);
    if (page?.stamp !== stamps[id]) throw refusals.damaged('row_ledger', id, owner);
    if (page !== undefined) opened.set(id, entriesOf(page));
  }
  return { head: head ?? null, stamps, pages: opened };
};

type OpenPages = Pick<OpenLedger, 'pages'>;

const listed = (ledger: OpenPages, table: string, id: string): string | undefined => {
  const name = nameOf(table, id);
  return ledger.pages.get(pageOf(name))?.[name];
};

/** Whether a row was written at this place, and not removed since. */
export const isListed = (ledger: OpenPages, table: string, id: string): boolean => listed(ledger, table, id) !== undefined;

/** Whether a row is the last one that was written at its place. */
export const isLast = (ledger: OpenPages, table: string, row: { readonly id: string; readonly row_tag: string | null }): boolean =>
  row.row_tag !== null && listed(ledger, table, row.id) === entryOf(row.row_tag);
