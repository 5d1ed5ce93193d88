import { type CustomTypesConfig, Pool, types } from 'pg';
import { readSecret } from '#infra/secrets/secret-file.ts';
import { clientTlsOptions, readTls } from '#infra/tls/options.ts';
import { DEFAULT_POOL_SIZE, DEFAULT_PORT, type PostgresConfig } from '../config.ts';

const PASSWORD = 'the password of the database';
/** Milliseconds. */
const LIMITS = {
  connectionTimeoutMillis: 3_000,
  statement_timeout: 30_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 60_000,
  idleTimeoutMillis: 30_000,
} as const;

/** An integer of 64 bits as a number; one that a number cannot hold is an error, never a rounded one. */
const toSafeInteger = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the integer ${text} does not fit a number`);
  return value;
};

const toBytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.slice('\\x'.length), 'hex'));

/** Values read back as SQLite gives them. */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [types.builtins.INT8, toSafeInteger],
  [types.builtins.BYTEA, toBytes],
]);

const parsers: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    PARSERS.get(oid) ?? types.getTypeParser(oid, format)) as CustomTypesConfig['getTypeParser'],
};

/**
 * Connections over TLS 1.3 with `verify-full`: the chain up to our own root, and the name of the host.
 *
 * @param onError told of connections that the server ends while nobody uses them
 */
export const createPool = async (config: PostgresConfig, onError: (error: Error) => void): Promise<Pool> => {
  const tls = clientTlsOptions(await readTls(config.tls));
  const passwordFile = config.password_file;
  // Read now, so that a missing file is an error of the start; read again for each connection, so that it can change.
  if (passwordFile !== undefined) await readSecret(passwordFile, PASSWORD);
  const pool = new Pool({
    host: config.host,
    port: config.port ?? DEFAULT_PORT,
    database: config.database,
    user: config.user,
    ...(passwordFile === undefined ? {} : { password: () => readSecret(passwordFile, PASSWORD) }),
    ssl: tls,
    max: config.pool_size ?? DEFAULT_POOL_SIZE,
    application_name: 'passthru',
    keepAlive: true,
    types: parsers,
    ...LIMITS,
  });
  pool.on('error', onError);
  // The pool listens only to idle connections; one that breaks in use, between two statements, would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
};
