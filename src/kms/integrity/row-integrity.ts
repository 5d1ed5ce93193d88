import type { Kysely } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Position } from './ledger/revisions.ts';
import type { TaggedTable, TaggedTables, Untagged } from './tagged-tables.ts';

/**
 * Rows that decide (tenants, users, elastic and material keys) carry a tag under a key of the barrier, and the ledger of their database
 * lists the last tag of each. Whoever can write to the database can take a row away; one that he makes, changes, moves or puts back is
 * refused. Where he puts back all of the database, the revision of its ledger shows it.
 *
 *     store ── query ──► read ── right tag? last in the ledger? ──► parsed, then remembered by directory and key ring
 *           ◄── row with its tag ──── first, next ◄── what the service decided
 *           ── put, remove ──► row and ledger in one transaction
 *
 * This folder sees the barrier, which has the keys, and rows; what a row means only its store knows. `ledger/` keeps the ledger.
 */
export interface RowIntegrity {
  /** The rows of a tenant, his own in `kms_tenants` too; asks no database. */
  of(tenantId: string): TenantRows;
  /** Rows in the database of the service, of whatever tenant each is. */
  readonly service: DatabaseRows<ServiceTable, ServiceTables>;
  /** False while the barrier is sealed: no row can be checked then, and so none is read. */
  isReadable(): boolean;
  /** The rows that were refused in the last ten minutes, and have not been found whole since. */
  damaged(): readonly DamagedRow[];
}

export type ServiceTable = TaggedTable & keyof ServiceTables;
export type TenantTable = TaggedTable & keyof TenantTables;

/** What the stores see of it. */
export type Rows = Pick<RowIntegrity, 'of' | 'service'>;

/** Columns and the values that they must have; undefined where any will do. */
export type Asked<T extends TaggedTable> = { readonly [C in keyof Untagged<T>]?: Untagged<T>[C] | undefined };

/** The way of rows out of one database and into it. Every method throws AppError `sealed` 503 while the barrier is sealed. */
export interface DatabaseRows<Table extends TaggedTable, Tables> {
  /**
   * The rows of a query, checked. The query runs again where a row changed before the ledger was read.
   *
   * @param db the database, or the transaction in which the query runs
   * @param asked the values by which the query looks for the rows: the owner of a database decides what its `=` finds, so a row of ours
   *   may be another one than was asked for
   * @throws AppError `row-damaged` 503 for a row that the KMS did not write here, as it is, for this tenant, that is not as asked, or not
   *   the last that it wrote; `database-rolled-back` 503
   */
  read<T extends Table>(
    table: T,
    db: Kysely<Tables>,
    query: () => Promise<readonly TaggedTables[T][]>,
    asked: Asked<T>,
  ): Promise<readonly TaggedTables[T][]>;
  /**
   * Writes rows, and the ledger with them: both or neither. A transaction has to be one of `withLedger`.
   *
   * @param db the database, or a transaction on it
   * @param write gets the transaction, and gives the rows as it wrote them
   */
  put<T extends Table, R extends readonly TaggedTables[T][]>(
    table: T,
    db: Kysely<Tables>,
    write: (tx: Kysely<Tables>) => Promise<R>,
  ): Promise<R>;
  /** Deletes rows. @param remove gets the transaction, and gives the keys of the rows that it deleted */
  remove(table: Table, db: Kysely<Tables>, remove: (tx: Kysely<Tables>) => Promise<readonly string[]>): Promise<readonly string[]>;
  /**
   * Notes that a row was not found, where its absence permits something: at its end the transaction fails if the ledger lists the row, which
   * somebody took away then. Until that end no other transaction may be able to write the row.
   *
   * @param tx a transaction of `withLedger`, which throws AppError `row-damaged` 503 then
   */
  missing(table: Table, tx: Kysely<Tables>, id: string): void;
  /** Begins the ledger anew and empty, for an adoption of the rows that are there. */
  begin(tx: Kysely<Tables>): Promise<void>;
  /** Notes that a transaction begins that will call `ends`. */
  begins(tx: Kysely<Tables>): void;
  /** Lists what the transaction wrote, at its end: writers of one database take turns from here to the commit. */
  ends(tx: Kysely<Tables>): Promise<void>;
  /** Notes that a transaction was committed: from then on nothing older is taken. */
  committed(tx: Kysely<Tables>): void;
}

export interface TenantRows extends DatabaseRows<TenantTable, TenantTables> {
  /** One row by itself, without a look at the ledger. @throws as `read` */
  checked<T extends TaggedTable>(table: T, row: TaggedTables[T], asked: Asked<T>): TaggedTables[T];
  /** A new row with its tag. */
  first<T extends TaggedTable>(table: T, row: Untagged<T>): TaggedTables[T];
  /** The next revision of a row that was checked. */
  next<T extends TaggedTable>(table: T, before: TaggedTables[T], changes: Partial<Untagged<T>>): TaggedTables[T];
  /** A hash under the key of the tenant, as base64url: of a text that nobody may guess who reads the database. */
  keyedHash(text: string): string;
  /** The refusal of a row that contradicts others, told of like every refusal here. */
  refusal(table: TaggedTable, id: string): AppError;
}

export interface DamagedRow {
  readonly table: TaggedTable | 'row_ledger';
  readonly id: string;
  /** `service` for the ledger of the service. */
  readonly tenantId: string;
}

export const rowDamaged = ({ table, id }: Pick<DamagedRow, 'table' | 'id'>): AppError =>
  new AppError(
    'row-damaged',
    503,
    `The row ${id} of ${table} is not as the KMS wrote it last: it was changed, moved, put back, or made by another.`,
    { fix: 'Find out who writes to the database, and restore it from its last backup.' },
  );

export const databaseRolledBack = (owner: string, found: Position | null, known: Position): AppError => {
  const whose = owner === 'service' ? 'the service' : `tenant ${owner}`;
  const now = found === null ? 'is empty' : `stands at revision ${found.revision}`;
  return new AppError(
    'database-rolled-back',
    503,
    `The database of ${whose} was put back: it ${now}, and the KMS has seen revision ${known.revision}.`,
    {
      fix: 'Find out who wrote to the database. After a restore on purpose stop every KMS, and set unseal.accept_older_databases to true for one start (it also begins unseal.revisions_file anew).',
    },
  );
};

export const rowsNotAdopted = (): AppError =>
  new AppError(
    'rows-not-adopted',
    503,
    'The rows of this database are from before rows were authenticated and listed, so nobody can tell who wrote them, and when.',
    {
      fix: 'After an upgrade from such a version, stop every KMS and set unseal.adopt_rows to true for one start, which takes them as they are. Otherwise restore the database from its last backup.',
    },
  );
