import { type Static, Type } from 'typebox';
import { filePath, strictObject } from '../config/load-config.ts';
import { tlsFilesSchema } from '../tls/config.ts';

/** One SQLite file for each database, all in one folder. */
export const sqliteConfigSchema = strictObject({
  kind: Type.Literal('sqlite'),
  directory: filePath({ description: 'folder of the database files; made when it is missing' }),
});

/** One PostgreSQL schema for each database, over TLS 1.3 with `verify-full` and a client certificate. */
export const postgresConfigSchema = strictObject({
  kind: Type.Literal('postgres'),
  host: Type.String({ minLength: 1, description: 'name or address that the server certificate is valid for' }),
  port: Type.Integer({ minimum: 1, maximum: 65_535, default: 5432 }),
  database: Type.String({ minLength: 1 }),
  user: Type.String({ minLength: 1 }),
  password_file: Type.Optional(filePath({ description: 'where the server asks for a password beside the certificate' })),
  tls: tlsFilesSchema,
  pool_size: Type.Integer({ minimum: 1, maximum: 100, default: 10, description: 'connections of one process' }),
});

export const databaseConfigSchema = Type.Union([sqliteConfigSchema, postgresConfigSchema]);

export type SqliteConfig = Static<typeof sqliteConfigSchema>;
/** `pool_size` is 10 where the configuration says nothing. */
export type PostgresConfig = Omit<Static<typeof postgresConfigSchema>, 'pool_size'> & { pool_size?: number };
export type DatabaseConfig = SqliteConfig | PostgresConfig;
export type DatabaseKind = DatabaseConfig['kind'];
