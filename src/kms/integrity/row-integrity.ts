import { AppError } from '#infra/apperr/app-error.ts';
import type { TaggedTable, TaggedTables, Untagged } from './tagged-tables.ts';

/**
 * Rows that decide (tenants, users, elastic and material keys) carry a tag under a key of the barrier. Whoever can write to the
 * database can take a row away, or put an older one of the same place back; one that he makes, changes or moves is refused.
 *
 *     store ── row as it was read ──► checked ──► parsed, then remembered by directory and key ring
 *           ◄── row with its tag ──── first, next ◄── what the service decided
 *
 * This folder sees the barrier, which has the keys, and rows; what a row means only its store knows.
 */
export interface RowIntegrity {
  /** The rows of a tenant, his own in `kms_tenants` too; asks no database. */
  of(tenantId: string): TenantRows;
  /** False while the barrier is sealed: no row can be checked then, and so none is read. */
  isReadable(): boolean;
  /** The rows that were refused in the last ten minutes, and have not been found whole since. */
  damaged(): readonly DamagedRow[];
}

/** Columns and the values that they must have; undefined where any will do. */
export type Asked<T extends TaggedTable> = { readonly [C in keyof Untagged<T>]?: Untagged<T>[C] | undefined };

/** Every method throws AppError `sealed` 503 while the barrier is sealed. */
export interface TenantRows {
  /**
   * @param asked the values by which the query looked for the row: the owner of a database decides what its `=` finds, so a row of ours
   *   may be another one than was asked for
   * @throws AppError `row-damaged` 503 for a row that the KMS did not write here, as it is, for this tenant, or that is not as asked
   */
  checked<T extends TaggedTable>(table: T, row: TaggedTables[T], asked: Asked<T>): TaggedTables[T];
  /** A new row with its tag. */
  first<T extends TaggedTable>(table: T, row: Untagged<T>): TaggedTables[T];
  /** The next revision of a row that was checked. */
  next<T extends TaggedTable>(table: T, before: TaggedTables[T], changes: Partial<Untagged<T>>): TaggedTables[T];
  /** The refusal of a row that contradicts others, told of like every refusal here. */
  refusal(table: TaggedTable, id: string): AppError;
}

export interface DamagedRow {
  readonly table: TaggedTable;
  readonly id: string;
  readonly tenantId: string;
}

export const rowDamaged = ({ table, id }: Pick<DamagedRow, 'table' | 'id'>): AppError =>
  new AppError('row-damaged', 503, `The row ${id} of ${table} is not as the KMS wrote it: it was changed, moved, or made by another.`, {
    fix: 'Find out who writes to the database, and restore it from its last backup.',
  });

export const rowsNotAdopted = (): AppError =>
  new AppError(
    'rows-not-adopted',
    503,
    'The rows of this database are from before rows were authenticated, so nobody can tell who wrote them.',
    {
      fix: 'After an upgrade from such a version, stop every KMS and set unseal.adopt_rows to true for one start, which takes them as they are. Otherwise restore the database from its last backup.',
    },
  );
