import { type Kysely, sql, type Transaction } from 'kysely';
import { AppError, unreachable } from '#infra/apperr/app-error.ts';
import type { DatabaseKind } from '../config.ts';
import { databaseMissing } from './errors.ts';
import type { Migration } from '../migration.ts';

const TABLE = 'schema_migrations';

interface MigrationTables {
  [TABLE]: { name: string; position: number; applied_at: number };
}

type Tables = Kysely<MigrationTables>;

const hasTable = async (db: Tables, kind: DatabaseKind, name: string): Promise<boolean> => {
  const found =
    kind === 'sqlite'
      ? sql`select 1 from sqlite_master where type = 'table' and name = ${TABLE}`
      : sql`select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = ${name} and c.relname = ${TABLE}`;
  return (await found.execute(db)).rows.length > 0;
};

/** @returns null where nothing has been made yet */
const readApplied = async (db: Tables, kind: DatabaseKind, name: string): Promise<string[] | null> => {
  if (!(await hasTable(db, kind, name))) return null;
  const rows = await db.selectFrom(TABLE).select('name').orderBy('position').execute();
  return rows.map((row) => row.name);
};

/** Lets one process migrate at a time; on SQLite `begin immediate` has done so already. The lock ends with the transaction. */
const lock = async (tx: Tables, kind: DatabaseKind, name: string): Promise<void> => {
  switch (kind) {
    case 'sqlite':
      return;
    case 'postgres':
      await sql`select pg_advisory_xact_lock(hashtextextended(${`passthru:${name}`}, 0))`.execute(tx);
      return;
    default:
      unreachable(kind);
  }
};

/** Makes the schema and the table of migrations, which must be there before the first migration. */
const prepare = async (tx: Tables, kind: DatabaseKind, name: string): Promise<void> => {
  if (kind === 'postgres') await sql`create schema if not exists ${sql.id(name)}`.execute(tx);
  await tx.schema
    .createTable(TABLE)
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('position', 'integer', (column) => column.notNull().unique())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute();
};

/** The migrations that are still to run. The applied ones must be the beginning of the list. */
const pendingOf = (applied: readonly string[], migrations: readonly Migration[], name: string): readonly Migration[] => {
  const known = new Set(migrations.map((migration) => migration.name));
  const odd = applied.findIndex((migration, index) => migrations[index]?.name !== migration);
  if (odd === -1) return migrations.slice(applied.length);
  const foreign = applied.find((migration) => !known.has(migration));
  if (foreign !== undefined && odd >= migrations.length) {
    throw new AppError('database-schema-newer', 503, `the database ${name} was migrated by a newer version (${foreign})`, {
      fix: 'Start the newer version, or restore a backup from before it.',
    });
  }
  throw new AppError(
    'database-schema-unknown',
    503,
    `the database ${name} has the migration ${applied[odd]} where this version has another`,
    {
      fix: 'This is the database of another service or another version; configure the right one.',
    },
  );
};

/** @throws TypeError when a list of migrations names one twice, or not at all */
export const checkMigrations = (migrations: readonly Migration[]): void => {
  const names = new Set<string>();
  for (const { name } of migrations) {
    if (name === '' || names.has(name)) throw new TypeError(`migration names are unique and not empty: ${JSON.stringify(name)}`);
    names.add(name);
  }
};

/**
 * Brings a database to the end of the list: all that is missing in one transaction, under a lock, so that two processes
 * that start at once run each migration once and a killed one leaves the schema as it was.
 *
 * @param options.create false where the database must be there
 * @throws AppError `database-missing`, `database-schema-newer`, `database-schema-unknown`
 */
export const migrate = async (options: {
  readonly db: Kysely<unknown>;
  readonly kind: DatabaseKind;
  readonly name: string;
  readonly migrations: readonly Migration[];
  readonly create?: boolean;
  readonly now?: () => number;
}): Promise<void> => {
  const { kind, name, migrations, create = true, now = Date.now } = options;
  const db = options.db as Tables;
  const seen = await readApplied(db, kind, name);
  // The usual start: nothing to do, nothing to lock.
  if (seen !== null && seen.length > 0 && pendingOf(seen, migrations, name).length === 0) return;
  if (seen === null && !create) throw databaseMissing(name);
  await db.transaction().execute(async (tx: Transaction<MigrationTables>) => {
    await lock(tx, kind, name);
    const before = await readApplied(tx, kind, name);
    // It may have been dropped since the first look.
    if (before === null && !create) throw databaseMissing(name);
    if (before === null) await prepare(tx, kind, name);
    const applied = before ?? [];
    let position = applied.length;
    for (const migration of pendingOf(applied, migrations, name)) {
      await migration.up(tx, kind);
      await tx.insertInto(TABLE).values({ name: migration.name, position, applied_at: now() }).execute();
      position += 1;
    }
  });
};
