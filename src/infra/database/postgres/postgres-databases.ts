import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { PostgresConfig } from '../config.ts';
import { checkDatabaseName } from '../database-name.ts';
import { createDatabase } from '../database.ts';
import type { Databases } from '../databases.ts';
import { checkMigrations, migrate } from '../migrator.ts';
import { observedDialect } from '../observed-dialect.ts';
import { createSharedHandles } from '../shared-handles.ts';
import { createPool } from './postgres-pool.ts';

interface Handle {
  readonly db: Kysely<unknown>;
  readonly identity: object;
}

const untilAborted = (signal: AbortSignal | undefined): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>();
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
};

/** The schemas of one PostgreSQL database, all through one pool; every statement names its schema. */
export const openPostgresDatabases = async (config: PostgresConfig, telemetry: Telemetry): Promise<Databases> => {
  const pool = await createPool(config, (error) => telemetry.log.warn(`a connection to PostgreSQL was lost: ${error.message}`));
  // Closing one schema must not close the connections of the others.
  const shared: PostgresPool = { connect: () => pool.connect(), end: async () => {}, options: pool.options };

  const handleOf = (name: string): Handle => {
    const identity = {};
    const dialect = observedDialect(new PostgresDialect({ pool: shared }), { system: 'postgresql', name, identity, telemetry });
    return { db: new Kysely<unknown>({ dialect }).withSchema(name), identity };
  };
  const handles = createSharedHandles<Handle>(
    async (name) => handleOf(name),
    ({ db }) => db.destroy(),
  );
  const { db: server } = handleOf(config.database);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await handles.closeAll();
    await server.destroy();
    await pool.end();
  };

  return {
    kind: 'postgres',
    open: async <T>(name: string, migrations: Parameters<Databases['open']>[1]) => {
      checkDatabaseName(name);
      checkMigrations(migrations);
      const { handle, release } = await handles.use(name);
      try {
        await migrate({ db: handle.db, kind: 'postgres', name, migrations });
      } catch (error) {
        await release();
        throw error;
      }
      return createDatabase<T>({ kind: 'postgres', name, identity: handle.identity, db: handle.db as Kysely<T>, release });
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
      await Promise.race([sql`select 1`.execute(server), untilAborted(signal)]);
    },
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
};
