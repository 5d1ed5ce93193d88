import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { SqliteConfig } from '../config.ts';
import { checkDatabaseName } from '../common/database-name.ts';
import { createDatabase } from '../common/database.ts';
import type { Databases, OpenOptions } from '../databases.ts';
import { databaseMissing, describeError } from '../common/errors.ts';
import { createLocalLocks } from './local-locks.ts';
import type { Migration } from '../migration.ts';
import { checkMigrations, migrate } from '../common/migrator.ts';
import { observedDialect } from '../common/observed-dialect.ts';
import { createSharedHandles } from '../common/shared-handles.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { createFile, exists, namesIn, openFile, removeAbandoned, removeFile } from './sqlite-file.ts';

interface Handle {
  readonly db: Kysely<unknown>;
  /** Tells this database from every other in the process. */
  readonly identity: object;
}

const unusable = (cause: unknown): AppError =>
  new AppError('database-folder-unusable', 503, 'the folder of the databases cannot be used', {
    cause,
    fix: 'Check that it is a folder that this user may write.',
  });

/**
 * Without it, what was overwritten stays readable: `secure_delete` clears it where it stood last, and not where it stood before SQLite
 * moved it to another page.
 */
const eraseFile = async (db: Kysely<unknown>): Promise<void> => {
  // No copy of the content beside the file, which is where a vacuum would put it.
  await sql`pragma temp_store = memory`.execute(db);
  await sql`vacuum`.execute(db);
  const { rows } = await sql<{ readonly busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
  if (rows[0]?.busy !== 0)
    throw new AppError('erasure-held-up', 503, 'Another process reads the database, so its log still holds what was deleted.', {
      fix: 'End what reads the file; it is tried again by itself.',
    });
};

/** The databases of one folder; each file has one connection in this process. */
export const openSqliteDatabases = async (config: SqliteConfig, telemetry: Telemetry): Promise<Databases> => {
  const { directory } = config;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeAbandoned(directory, Date.now());
  } catch (error) {
    throw unusable(error);
  }

  const handleOf = (name: string, file: DatabaseSync): Handle => {
    const identity = {};
    const dialect = observedDialect(sqliteDialect(file), { system: 'sqlite', name, identity, telemetry });
    return { db: new Kysely<unknown>({ dialect }), identity };
  };

  const make = (name: string, migrations: readonly Migration[]): Promise<void> =>
    createFile(directory, name, async (file) => {
      const { db } = handleOf(name, file);
      try {
        await migrate({ db, kind: 'sqlite', name, migrations });
      } finally {
        await db.destroy();
      }
    });

  // Waits for the transaction under way, which has the only connection.
  const close = ({ db }: Handle): Promise<void> =>
    db
      .connection()
      .execute(async () => {})
      .then(() => db.destroy());
  const handles = createSharedHandles<Handle>(async (name) => handleOf(name, await openFile(directory, name)), close);

  return {
    kind: 'sqlite',
    jobs: [],
    open: async <T>(name: string, migrations: readonly Migration[], { create = true }: OpenOptions = {}) => {
      checkDatabaseName(name);
      checkMigrations(migrations);
      try {
        const isThere = await exists(directory, name);
        if (!isThere && !create) throw databaseMissing(name);
        if (!isThere) await make(name, migrations);
        const { handle, release } = await handles.use(name);
        try {
          await migrate({ db: handle.db, kind: 'sqlite', name, migrations, create });
        } catch (error) {
          await release();
          throw error;
        }
        const { db, identity } = handle;
        return createDatabase<T>({ kind: 'sqlite', name, identity, db: db as Kysely<T>, erase: () => eraseFile(db), release });
      } catch (error) {
        throw describeError(error, name);
      }
    },
    drop: async (name) => {
      checkDatabaseName(name);
      await handles.closeThen(name, () => removeFile(directory, name));
    },
    names: () => namesIn(directory),
    ping: async (signal) => {
      signal?.throwIfAborted();
      await access(directory, constants.R_OK | constants.W_OK).catch((error: unknown) => {
        throw unusable(error);
      });
      const [handle] = handles.open();
      if (handle !== undefined) await sql`select 1`.execute(handle.db);
    },
    ...createLocalLocks(),
    [Symbol.asyncDispose]: () => handles.closeAll(),
  };
};
