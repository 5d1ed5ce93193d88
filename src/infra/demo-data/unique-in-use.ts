import { type Kysely, sql } from 'kysely';

/**
 * Makes a column unique among the rows in use: a demo reset keeps those that it retired (`retired_at`) beside their successors,
 * and only rows in use compete for a name. Migrations that have run call it, so it stays as it is.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no row types
export const uniqueInUse = (db: Kysely<any>, table: string, column: string): Promise<void> =>
  db.schema.createIndex(`${table}_${column}`).unique().on(table).column(column).where(sql.ref('retired_at'), 'is', null).execute();
