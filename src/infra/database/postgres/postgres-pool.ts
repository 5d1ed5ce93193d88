import { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Client, type ClientConfig, type CustomTypesConfig, Pool, types } from 'pg';
import type { Job } from '#infra/jobs/job.ts';
import { readSecret } from '#infra/files/secret-file.ts';
import { clientTlsOptions, readTls, type TlsPem } from '#infra/tls/options.ts';
import { watchTlsFiles } from '#infra/tls/watch-files.ts';
import { DEFAULT_POOL_SIZE, DEFAULT_PORT, type PostgresConfig } from '../config.ts';
import { ANSWER_MARGIN_MS, limitAnswers } from './answer-limit.ts';

const PASSWORD = 'the password of the database';
/** Milliseconds. */
const LIMITS = {
  connectionTimeoutMillis: 3_000,
  statement_timeout: 30_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 60_000,
  idleTimeoutMillis: 30_000,
  keepAliveInitialDelayMillis: 10_000,
} as const;

/** The server notices within half a minute that a client is gone without a word, and ends its transaction and its locks. */
const KEEPALIVE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';

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

/** Called for what happens while no query waits. */
export interface PoolEvents {
  /** The server ended a connection. */
  readonly onLost: (error: Error) => void;
  /** The certificate files changed into something that cannot be used; the old ones stay. */
  readonly onUnusable: (error: unknown) => void;
}

export interface PostgresConnections {
  readonly pool: Pool;
  /** A connection beside the pool, with limits of its own in milliseconds, for its caller to end. */
  connectAlone(limits: { readonly lock_timeout: number; readonly statement_timeout: number }): Promise<Client>;
  /** Looks at the certificate files now and then. */
  readonly job: Job;
  /** Gives up connections that are not made yet, then closes the others once they are given back. */
  close(): Promise<void>;
}

const contextOf = (pem: TlsPem): SecureContext => createSecureContext(clientTlsOptions(pem));

/**
 * Connections over TLS 1.3 with `verify-full`: the chain up to our own root, and the name of the host. A new connection is made
 * with the certificate files as they are then; an open one stays as it is. A connection on which no answer comes is broken, so that
 * it makes room for another.
 *
 * @param limits.answerMs from a query to its answer; by default a little more than the server's own limit of a statement
 */
export const createPool = async (
  config: PostgresConfig,
  { onLost, onUnusable }: PoolEvents,
  { answerMs = LIMITS.statement_timeout + ANSWER_MARGIN_MS }: { readonly answerMs?: number } = {},
): Promise<PostgresConnections> => {
  const port = config.port ?? DEFAULT_PORT;
  let secureContext = contextOf(await readTls(config.tls));
  const passwordFile = config.password_file;
  // Read now, so that a missing file is an error of the start; read again for each connection, so that it can change.
  if (passwordFile !== undefined) await readSecret(passwordFile, PASSWORD);
  const making = new Set<Socket>();
  const alone = new Set<Client>();

  /** A client whose socket is known from the beginning, so that a server that never answers holds up no end. */
  class AbandonableClient extends Client {
    constructor(settings?: ClientConfig) {
      const socket = new Socket();
      // The pool hides the password from whoever copies its options.
      super({ ...settings, password: settings?.password, stream: () => socket });
      making.add(socket);
      const made = (): void => void making.delete(socket);
      this.once('connect', made);
      socket.once('close', made);
      limitAnswers(this, {
        ms: answerMs,
        giveUp: (ms) => {
          const why = `Connection terminated: waited ${ms} ms for ${config.host}:${port} to answer a query`;
          this.connection.stream.destroy(new Error(why));
        },
      });
    }
  }

  const pool = new Pool({
    Client: AbandonableClient,
    host: config.host,
    port,
    database: config.database,
    user: config.user,
    ...(passwordFile === undefined ? {} : { password: () => readSecret(passwordFile, PASSWORD) }),
    ssl: {
      rejectUnauthorized: true,
      get secureContext() {
        return secureContext;
      },
    },
    max: config.pool_size ?? DEFAULT_POOL_SIZE,
    application_name: 'passthru',
    keepAlive: true,
    options: KEEPALIVE,
    types: parsers,
    ...LIMITS,
  });
  // The pool listens only to idle connections; one that breaks in use, between two statements, would end the process.
  pool.on('connect', (client) => client.on('error', onLost));
  // The listener above has logged the loss of an idle connection; without a listener of its own the pool would throw.
  pool.on('error', () => {});
  const renewal = watchTlsFiles(config.tls, {
    name: 'database',
    onPem: (pem) => void (secureContext = contextOf(pem)),
    onError: onUnusable,
  });
  return {
    pool,
    connectAlone: async (limits) => {
      const client = new AbandonableClient({ ...pool.options, password: pool.options.password, ...limits });
      client.on('error', onLost);
      alone.add(client);
      client.once('end', () => alone.delete(client));
      await client.connect();
      return client;
    },
    job: renewal.job,
    close: async () => {
      renewal[Symbol.dispose]();
      const ended = pool.end();
      for (const socket of making) socket.destroy();
      for (const client of alone) client.connection.stream.destroy();
      await ended;
    },
  };
};
