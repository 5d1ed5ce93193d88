import type { Kysely } from 'kysely';
import { InternalError } from '#infra/apperr/app-error.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { LedgerRow, LedgerTables } from '#kms/database/row-ledger.table.ts';
import { rowBusy } from './change-row.ts';
import { isLast, isListed, type LedgerPlace, openLedger, type OpenLedger, type Refusals } from './ledger/ledger.ts';
import { canonicalLedgerRow, nameOf } from './ledger/pages.ts';
import type { Position, Revisions } from './ledger/revisions.ts';
import { type LedgerChange, pagesOf, takeTurn, writeLedger } from './ledger/write-ledger.ts';
import type { Asked, DatabaseRows } from './row-integrity.ts';
import type { TaggedTable, TaggedTables } from './tagged-tables.ts';

/** Each look that comes to nothing lets a change through, so far fewer are made unless something in the database keeps rows changing. */
const MAX_LOOKS = 1_000;

export interface DatabaseRowsOptions {
  /** A tenant id, or `service`. */
  readonly owner: string;
  readonly tagOf: (owner: string, bytes: Buffer) => string;
  readonly revisions: Revisions;
  readonly refusals: Refusals & { row(table: TaggedTable, row: { readonly id: string }): Error };
  /** Checks one row by itself. */
  readonly checked: <T extends TaggedTable>(table: T, row: TaggedTables[T], asked: Asked<T>) => TaggedTables[T];
  /** Told of each row that was found whole. */
  readonly whole: (table: TaggedTable, id: string) => void;
}

/** By transaction: how far it brings the ledger, if it is committed. */
const positions = new WeakMap<object, Position>();

/** By name. */
interface Unlisted {
  readonly written: Map<string, LedgerChange>;
  readonly missing: Map<string, { readonly table: TaggedTable; readonly id: string }>;
}

/** By transaction that ends with the ledger: what it wrote and has not listed yet, and what it did not find and has not looked for there. */
const unlisted = new WeakMap<object, Unlisted>();

/** @see DatabaseRows */
export const createDatabaseRows = <Table extends TaggedTable, Tables>(options: DatabaseRowsOptions): DatabaseRows<Table, Tables> => {
  const { owner, tagOf, revisions, refusals, checked, whole } = options;
  const tagged = (of: string, row: Omit<LedgerRow, 'tag'>): LedgerRow => ({ ...row, tag: tagOf(of, canonicalLedgerRow(of, row)) });
  const tags = { isGood: (of: string, row: LedgerRow) => equalSecrets(row.tag, tagOf(of, canonicalLedgerRow(of, row))) };
  // Every database has the table of the ledger.
  const place = (db: Kysely<Tables>): LedgerPlace => ({ owner, db: db as unknown as Kysely<LedgerTables> });
  const open = (at: LedgerPlace, rows: readonly Pick<LedgerChange, 'table' | 'id'>[]): Promise<OpenLedger> =>
    openLedger(at, pagesOf(rows), { tags, revisions, refusals });

  const committed = (tx: Kysely<Tables>): void => {
    const position = positions.get(tx);
    if (position !== undefined) revisions.saw(owner, position);
  };

  const unlistedOf = (tx: Kysely<Tables>): Unlisted => {
    const known = unlisted.get(tx);
    if (known === undefined) throw new InternalError('a row was written, or missed, in a transaction that does not end with the ledger');
    return known;
  };

  /** Writes what the transaction has not listed yet; nobody else writes to this ledger from here to its end. */
  const list = async (tx: Kysely<Tables>): Promise<void> => {
    const { written, missing } = unlistedOf(tx);
    const [changes, absent] = [[...written.values()], [...missing.values()]];
    if (changes.length + absent.length === 0) return;
    written.clear();
    missing.clear();
    const at = place(tx);
    await takeTurn(at, tagged);
    const { head, ...ledger } = await open(at, [...changes, ...absent]);
    if (head === null) throw new InternalError('the ledger of a database is gone within a transaction that has its turn');
    const taken = absent.find(({ table, id }) => isListed(ledger, table, id));
    if (taken !== undefined) throw refusals.row(taken.table, taken);
    positions.set(tx, await writeLedger(at, { head, ...ledger }, changes, tagged));
  };

  const begins = (tx: Kysely<Tables>): void => {
    if (!unlisted.has(tx)) unlisted.set(tx, { written: new Map(), missing: new Map() });
  };

  const write = async <R>(db: Kysely<Tables>, run: (tx: Kysely<Tables>) => Promise<{ result: R; changes: readonly LedgerChange[] }>) => {
    const noted = async (tx: Kysely<Tables>): Promise<R> => {
      const { result, changes } = await run(tx);
      const { written } = unlistedOf(tx);
      for (const change of changes) written.set(nameOf(change.table, change.id), change);
      return result;
    };
    if (db.isTransaction) return noted(db);
    const { tx, result } = await db.transaction().execute(async (own) => {
      begins(own);
      const made = await noted(own);
      await list(own);
      return { tx: own, result: made };
    });
    committed(tx);
    return result;
  };

  /** Whether a row is the last one that was written at its place, by this transaction or before it. */
  const isLastIn = (
    db: Kysely<Tables>,
    ledger: OpenLedger,
    table: Table,
    row: { readonly id: string; readonly row_tag: string | null },
  ) => {
    const own = unlisted.get(db)?.written.get(nameOf(table, row.id));
    return own === undefined ? isLast(ledger, table, row) : own.tag !== null && own.tag === row.row_tag;
  };

  return {
    read: async (table, db, query, asked) => {
      let before: string | null = null;
      for (let look = 1; look <= MAX_LOOKS; look += 1) {
        const rows = (await query()).map((row) => checked(table, row, asked));
        const ledger = await open(
          place(db),
          rows.map(({ id }) => ({ table, id })),
        );
        const odd = rows.find((row) => !isLastIn(db, ledger, table, row));
        if (odd === undefined) {
          for (const { id } of rows) whole(table, id);
          return rows;
        }
        // Unchanged before and after the ledger was read, it is none that was changed meanwhile.
        if (odd.row_tag === before) throw refusals.row(table, odd);
        before = odd.row_tag;
      }
      throw rowBusy(MAX_LOOKS);
    },
    put: (table, db, put) =>
      write(db, async (tx) => {
        const result = await put(tx);
        return { result, changes: result.map(({ id, row_tag: tag }) => ({ table, id, tag })) };
      }),
    remove: (table, db, remove) =>
      write(db, async (tx) => {
        const result = await remove(tx);
        return { result, changes: result.map((id) => ({ table, id, tag: null })) };
      }),
    missing: (table, tx, id) => void unlistedOf(tx).missing.set(nameOf(table, id), { table, id }),
    begin: async (tx) => {
      await place(tx).db.deleteFrom('row_ledger').execute();
    },
    begins,
    ends: list,
    committed,
  };
};
