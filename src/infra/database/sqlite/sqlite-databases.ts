import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { type Dialect, Kysely, sql } from 'kysely';
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
import { sqliteDialects } from './sqlite-dialect.ts';
import { createErasure, type Erasure } from './erasure.ts';
import { eraseFile } from './erase-file.ts';
import { createFile, exists, fileOf, namesIn, openFile, removeAbandoned, removeFile, withoutWaiting } from './sqlite-file.ts';

interface Handle {
  readonly db: Kysely<unknown>;
  /** Where commits of the other wait for the disk. */
  readonly unsynced?: Kysely<unknown>;
  /** Tells this database from every other in the process. */
  readonly identity: object;
  readonly erasure: Erasure;
}

const unusable = (cause: unknown): AppError =>
  new AppError('database-folder-unusable', 503, 'the folder of the databases cannot be used', {
    cause,
    fix: 'Check that it is a folder that this user may write.',
  });

/** The databases of one folder; each file has one connection in this process. */
export const openSqliteDatabases = async (config: SqliteConfig, telemetry: Telemetry): Promise<Databases> => {
  const { directory, durability = 'disk' } = config;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeAbandoned(directory, Date.now());
  } catch (error) {
    throw unusable(error);
  }

  const handleOf = (name: string, file: DatabaseSync): Handle => {
    const identity = {};
    const erasure = createErasure(() => withoutWaiting(file, () => eraseFile(fileOf(directory, name), name)));
    const { synced, unsynced } = sqliteDialects(file, erasure);
    const kysely = (dialect: Dialect): Kysely<unknown> =>
      new Kysely({ dialect: observedDialect(dialect, { system: 'sqlite', name, identity, telemetry }) });
    return { db: kysely(synced), ...(durability === 'disk' && { unsynced: kysely(unsynced) }), identity, erasure };
  };

  const make = (name: string, migrations: readonly Migration[]): Promise<void> =>
    createFile(directory, name, {
      durability,
      fill: async (file) => {
        const { db } = handleOf(name, file);
        try {
          await migrate({ db, kind: 'sqlite', name, migrations });
        } finally {
          await db.destroy();
        }
      },
    });

  const close = async ({ db, erasure }: Handle): Promise<void> => {
    // The thread has the file open, too.
    await erasure.ended();
    // Waits for the transaction under way, which has the only connection.
    await db.connection().execute(async () => {});
    await db.destroy();
  };
  const handles = createSharedHandles<Handle>(async (name) => handleOf(name, await openFile(directory, name, durability)), close);

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
        const { db, unsynced, identity, erasure } = handle;
        const size = async (): Promise<number> => {
          const { rows } = await sql<{ readonly bytes: number }>`
            select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(db);
          return rows[0]?.bytes ?? 0;
        };
        return createDatabase<T>({
          kind: 'sqlite',
          name,
          identity,
          db: db as Kysely<T>,
          ...(unsynced !== undefined && { unsynced: unsynced as Kysely<T> }),
          size,
          erase: () => erasure.run(),
          release,
        });
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
