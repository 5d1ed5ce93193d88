import { type Static, Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { tlsFilesSchema } from '#infra/tls/config.ts';

/** The loss that a commit survives: that of the process, or that of the machine's power, for which it waits for the disk. */
const sqliteDurabilitySchema = Type.Union([Type.Literal('process'), Type.Literal('disk')], {
  description:
    'disk: a change is answered once it would survive a power cut; process: once it would survive the end of the server, which is faster. Neither leaves half a change',
  'x-default': 'disk',
});

/** One SQLite file for each database, all in one folder. */
const sqliteConfigSchema = strictObject({
  kind: Type.Literal('sqlite', { description: 'one SQLite file for each database' }),
  directory: filePath({ description: 'folder of the database files; made when it is missing' }),
  durability: Type.Optional(sqliteDurabilitySchema),
});

/** Defaults, for where the configuration says nothing; those of a JSON Schema have no effect inside a union, so `x-default` tells them. */
export const DEFAULT_PORT = 5432;
export const DEFAULT_POOL_SIZE = 10;
/** Three connections: for the lock of a demo change, for the lock of the reset that it begins, and for its statements. */
export const MIN_POOL_SIZE = 3;
export const DEFAULT_START_TIMEOUT_S = 60;

/** One PostgreSQL schema for each database, over TLS 1.3 with `verify-full` and a client certificate. */
export const postgresConfigSchema = strictObject({
  kind: Type.Literal('postgres', { description: 'one schema of a PostgreSQL server for each database' }),
  host: Type.String({ minLength: 1, description: 'name or address that the server certificate is valid for' }),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'TCP port of the server', 'x-default': DEFAULT_PORT })),
  database: Type.String({ minLength: 1, description: 'name of the database' }),
  user: Type.String({ minLength: 1, description: 'role that owns the database; the client certificate proves it' }),
  password_file: Type.Optional(
    filePath({ description: 'file of mode 0600 with the password, where the server asks for one beside the certificate' }),
  ),
  tls: tlsFilesSchema,
  pool_size: Type.Optional(
    Type.Integer({
      minimum: MIN_POOL_SIZE,
      maximum: 100,
      description: 'connections of one process',
      'x-default': DEFAULT_POOL_SIZE,
    }),
  ),
  start_timeout_seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 3_600,
      description: 'how long a start waits for a server that is not there yet',
      'x-default': DEFAULT_START_TIMEOUT_S,
    }),
  ),
});

export const databaseConfigSchema = Type.Union([sqliteConfigSchema, postgresConfigSchema]);

export type SqliteConfig = Static<typeof sqliteConfigSchema>;
export type SqliteDurability = Static<typeof sqliteDurabilitySchema>;
export type PostgresConfig = Static<typeof postgresConfigSchema>;
export type DatabaseConfig = SqliteConfig | PostgresConfig;
export type DatabaseKind = DatabaseConfig['kind'];
