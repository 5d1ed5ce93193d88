import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { PostgresConfig } from '../config.ts';
import { checkDatabaseName } from '../common/database-name.ts';
import { createDatabase } from '../common/database.ts';
import type { Databases, OpenOptions } from '../databases.ts';
import type { Migration } from '../migration.ts';
import { checkMigrations, migrate } from '../common/migrator.ts';
import { observedDialect } from '../common/observed-dialect.ts';
import { createSharedHandles } from '../common/shared-handles.ts';
import { eraseTables } from './erase-tables.ts';
import { fairDialect } from './fair-dialect.ts';
import { createPostgresLocks } from './postgres-locks.ts';
import { createPool } from './postgres-pool.ts';

interface Handle {
  readonly db: Kysely<unknown>;
  readonly identity: object;
}

/** Connections of the pool that no one schema takes, so that the others go on where everything in one waits, for a lock perhaps. */
const LEFT_TO_OTHERS = 2;

/** The result of `work`, or the reason of the signal as soon as that aborts. */
const orAborted = async (signal: AbortSignal | undefined, work: Promise<unknown>): Promise<void> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  await Promise.race([work, promise]).finally(() => signal?.removeEventListener('abort', onAbort));
};

/** The schemas of one PostgreSQL database, all through one pool; every statement names its schema. */
export const openPostgresDatabases = async (config: PostgresConfig, telemetry: Telemetry): Promise<Databases> => {
  const {
    pool,
    connectAlone,
    job,
    close: closePool,
  } = await createPool(config, {
    onLost: (error) => telemetry.log.warn(`a connection to PostgreSQL was lost: ${error.message}`),
    onUnusable: (error) =>
      telemetry.log.error(`the client certificate for PostgreSQL was not renewed, the old one stays: ${thrownWords(error)}`),
  });
  // Closing one schema must not close the connections of the others.
  const shared: PostgresPool = { connect: () => pool.connect(), end: async () => {}, options: pool.options };

  const maxOfOne = Math.max(1, pool.options.max - LEFT_TO_OTHERS);
  const handleOf = (name: string): Handle => {
    const identity = {};
    const dialect = observedDialect(fairDialect(new PostgresDialect({ pool: shared }), { max: maxOfOne }), {
      system: 'postgresql',
      name,
      identity,
      telemetry,
    });
    return { db: new Kysely<unknown>({ dialect }).withSchema(name), identity };
  };
  const handles = createSharedHandles<Handle>(
    async (name) => handleOf(name),
    ({ db }) => db.destroy(),
  );
  const { db: server } = handleOf(config.database);
  const { lock, tryLock, releaseAll } = createPostgresLocks(pool, config.database);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await handles.closeAll();
    await releaseAll();
    await server.destroy();
    await closePool();
  };

  return {
    kind: 'postgres',
    jobs: [job],
    open: async <T>(name: string, migrations: readonly Migration[], { create = true }: OpenOptions = {}) => {
      checkDatabaseName(name);
      checkMigrations(migrations);
      const { handle, release } = await handles.use(name);
      try {
        await migrate({ db: handle.db, kind: 'postgres', name, migrations, create });
      } catch (error) {
        await release();
        throw error;
      }
      return createDatabase<T>({
        kind: 'postgres',
        name,
        identity: handle.identity,
        db: handle.db as Kysely<T>,
        size: async (tables) => {
          const sizes = tables.map((table) => sql`pg_total_relation_size(${`${name}.${table}`}::regclass)`);
          const { rows } = await sql<{ bytes: number }>`select ${sql.join(sizes, sql` + `)} as bytes`.execute(handle.db);
          return rows[0]?.bytes ?? 0;
        },
        erase: (tables) => eraseTables(connectAlone, { schema: name, tables }),
        release,
      });
    },
    drop: async (name) => {
      checkDatabaseName(name);
      await handles.closeThen(name, async () => {
        await sql`drop schema if exists ${sql.id(name)} cascade`.execute(server);
      });
    },
    names: async () => {
      const found = await sql<{ name: string }>`
        select n.nspname as name from pg_namespace n join pg_class c on c.relnamespace = n.oid
        where c.relname = 'schema_migrations' and c.relkind = 'r'`.execute(server);
      return found.rows.map((row) => row.name).toSorted();
    },
    ping: async (signal) => {
      signal?.throwIfAborted();
      await orAborted(signal, sql`select 1`.execute(server));
    },
    lock,
    tryLock,
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
};
