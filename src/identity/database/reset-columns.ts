import type { CreateTableBuilder } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { DatabaseKind } from '#infra/database/config.ts';

/** The columns that a demo reset writes in every table that it touches. Times are epoch milliseconds. */
export interface ResetColumns {
  created_at: number;
  retired_at: number | null;
  /** The demo reset that retired this row. */
  retired_by: string | null;
  /** The demo reset that inserted this row. */
  reset_id: string | null;
}

/** For `$call` of a builder of tables. Migrations that have run call it, so it stays as it is. */
export const withResetColumns =
  (kind: DatabaseKind) =>
  <T extends string>(table: CreateTableBuilder<T>) =>
    table
      .addColumn('created_at', columns(kind).millis, (column) => column.notNull())
      .addColumn('retired_at', columns(kind).millis)
      .addColumn('retired_by', 'text')
      .addColumn('reset_id', 'text');
