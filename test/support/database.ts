import { randomUUIDv7 } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';
import { loadConfig } from '#infra/config/load-config.ts';
import {
  DEFAULT_POOL_SIZE,
  DEFAULT_PORT,
  type DatabaseConfig,
  type DatabaseKind,
  type PostgresConfig,
  postgresConfigSchema,
} from '#infra/database/config.ts';
import type { Databases } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { clientTlsOptions, readTls } from '#infra/tls/options.ts';
import { memoryFolder } from './memory-folder.ts';
import { chosenDatabase } from './postgres/choice.ts';

const configFile = (): string | undefined => process.env['PASSTHRU_TEST_POSTGRES'];

/**
 * The databases to test on: what `PASSTHRU_TEST_DATABASE` names (sqlite, postgres, both); else SQLite always and PostgreSQL
 * where `PASSTHRU_TEST_POSTGRES` names the file of its configuration, which the set-up of the test run starts if it can.
 *
 * @throws when PostgreSQL is named, or this is CI, and there is none
 */
export const databaseKinds = (): readonly DatabaseKind[] => {
  const chosen = chosenDatabase();
  if (chosen === 'sqlite') return ['sqlite'];
  if (configFile() !== undefined) return chosen === 'postgres' ? ['postgres'] : ['sqlite', 'postgres'];
  if (chosen !== undefined) throw new Error(`PASSTHRU_TEST_DATABASE=${chosen}, but PASSTHRU_TEST_POSTGRES names no PostgreSQL`);
  if (process.env['CI'] === 'true') throw new Error('CI must test on PostgreSQL: PASSTHRU_TEST_POSTGRES names no configuration');
  process.stderr.write('tested on SQLite alone: PASSTHRU_TEST_POSTGRES names no PostgreSQL\n');
  return ['sqlite'];
};

export interface TestDatabases extends AsyncDisposable {
  readonly kind: DatabaseKind;
  /** For a server under test: the same databases. */
  readonly config: DatabaseConfig;
  readonly databases: Databases;
  /** The same databases opened once more, as a second process would; on PostgreSQL with so many connections. */
  reopen(poolSize?: number): Promise<Databases>;
  /** Closes them all, and gives a copy of what is in them now. */
  copy(): Promise<TestDatabases>;
}

const readPostgres = async (): Promise<PostgresConfig> => {
  const file = configFile();
  if (file === undefined) throw new Error('PASSTHRU_TEST_POSTGRES names no configuration');
  return loadConfig({ schema: postgresConfigSchema, files: [file], what: 'the PostgreSQL of the tests' });
};

/** One connection of each worker, since it costs more than what is said over it; a worker that ends does not wait for it. */
let administrator: Promise<Pool> | undefined;

const administratorOf = async ({ host, port = DEFAULT_PORT, database, user, tls }: PostgresConfig): Promise<Pool> => {
  const ssl = clientTlsOptions(await readTls(tls));
  const pool = new Pool({ host, port, database, user, ssl, max: 1, allowExitOnIdle: true });
  // A server that is gone is told by the next question, too.
  return pool.on('error', (error) => process.stderr.write(`a connection to the PostgreSQL of the tests was lost: ${error.message}\n`));
};

const administer = async (config: PostgresConfig, statement: string): Promise<void> => {
  administrator ??= administratorOf(config);
  await (await administrator).query(statement);
};

interface Place {
  readonly config: DatabaseConfig;
  readonly remove: () => Promise<void>;
}

const sqlitePlace = async (from?: string): Promise<Place> => {
  const folder = await mkdtemp(join(memoryFolder(), `passthru-${randomUUIDv7()}-`));
  const directory = join(folder, 'data');
  if (from !== undefined) await cp(from, directory, { recursive: true });
  return { config: { kind: 'sqlite', directory }, remove: () => rm(folder, { recursive: true, force: true }) };
};

/** A whole PostgreSQL database for each test, because the schemas in it have the names that the product gives them. */
const postgresPlace = async (from = 'template1'): Promise<Place> => {
  const server = await readPostgres();
  const database = `test_${randomUUIDv7().replaceAll('-', '')}`;
  // Its files are copied, which writes less than to log each of their pages.
  await administer(server, `create database ${database} template ${from} strategy file_copy`);
  return { config: { ...server, database }, remove: () => administer(server, `drop database ${database} with (force)`) };
};

const copyOf = (config: DatabaseConfig): Promise<Place> =>
  config.kind === 'sqlite' ? sqlitePlace(config.directory) : postgresPlace(config.database);

interface TestDatabasesOptions {
  readonly telemetry?: Telemetry;
}

const openAt = async ({ config, remove }: Place, options: TestDatabasesOptions): Promise<TestDatabases> => {
  const opened: Databases[] = [];
  const reopen = async (poolSize = DEFAULT_POOL_SIZE): Promise<Databases> => {
    const databases = await openDatabases(config.kind === 'postgres' ? { ...config, pool_size: poolSize } : config, options);
    opened.push(databases);
    return databases;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((each) => each[Symbol.asyncDispose]()));
  };
  return {
    kind: config.kind,
    config,
    databases: await reopen(),
    reopen,
    copy: async () => {
      await close();
      return openAt(await copyOf(config), options);
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await remove();
    },
  };
};

/** Fresh, empty databases of one kind; disposed, they are closed and removed. */
export const withDatabases = async (kind: DatabaseKind, options: TestDatabasesOptions = {}): Promise<TestDatabases> =>
  openAt(await (kind === 'sqlite' ? sqlitePlace() : postgresPlace()), options);
