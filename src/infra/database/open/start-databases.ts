import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { setTimeout } from 'node:timers/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { type StopSignals, stopRequest } from '#infra/process/stop.ts';
import type { Logger, Telemetry } from '#infra/telemetry/telemetry.ts';
import { type DatabaseConfig, DEFAULT_PORT, DEFAULT_START_TIMEOUT_S, type PostgresConfig } from '../config.ts';
import type { Databases } from '../databases.ts';
import { openDatabases } from './open-databases.ts';

/** Milliseconds between two looks: a refused connection costs next to nothing, and each wait delays the start. */
const PAUSE_MS = { soon: 50, later: 500 } as const;
/** After so many milliseconds the looks become rare. */
const SOON_MS = 15_000;

/** Codes that pass while a server comes up, or while the network does: system errors and classes of SQLSTATE. */
const PASSING_CODE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST\w+|ENET\w+|08...|53...|57P0[123])$/;
/** pg gives these by message alone. */
const PASSING_MESSAGE = /^(Connection terminated|timeout e[xr])/;

/** The driver's error is the last but AppErrors around it. */
const driverError = (error: unknown): Error & { readonly code?: unknown } => {
  if (error instanceof AppError && error.cause !== undefined) return driverError(error.cause);
  return error instanceof Error ? error : new Error(thrownWords(error));
};

/** Whether waiting may mend it. A wrong certificate, role or database stays wrong. */
const isPassing = ({ code, message }: ReturnType<typeof driverError>): boolean =>
  (typeof code === 'string' && PASSING_CODE.test(code)) || PASSING_MESSAGE.test(message);

/** Several addresses of one name fail with several messages and none of their own. */
const textOf = (error: Error & { readonly code?: unknown }): string => error.message || String(error.code);

interface Wait {
  readonly config: PostgresConfig;
  readonly databases: Pick<Databases, 'ping'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Waits until PostgreSQL takes a query. It is still starting, its name is not known yet, or it starts again: that passes.
 * Resolves also when the signal aborts.
 *
 * @throws AppError `database-refused` for what waiting does not mend, `database-start-timeout` at the limit
 */
const untilItAnswers = async ({ config, databases, log, signal }: Wait): Promise<void> => {
  const { host, port = DEFAULT_PORT, database, user, start_timeout_seconds: limit = DEFAULT_START_TIMEOUT_S } = config;
  const what = `PostgreSQL at ${host}:${port}, database ${database}`;
  const started = performance.now();
  const waited = (): number => performance.now() - started;
  for (let looks = 0; !signal.aborted; looks += 1) {
    try {
      await databases.ping(signal);
      if (looks > 0) log.info(`${what} answers after ${Math.round(waited())} ms`);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const cause = driverError(error);
      if (!isPassing(cause)) {
        throw new AppError('database-refused', 503, `${what}, cannot be used as user ${user}: ${textOf(cause)}`, {
          cause,
          fix: 'Waiting does not help: check its address, its certificate, this client certificate, the user and the database.',
        });
      }
      if (waited() >= limit * 1000) {
        throw new AppError('database-start-timeout', 503, `waited ${limit} s for ${what} to answer: ${textOf(cause)}`, {
          cause,
          fix: 'Look at the state and the log of the database server; database.start_timeout_seconds is the limit.',
        });
      }
      if (looks === 0) log.warn(`waiting for ${what}, at most ${limit} s: ${textOf(cause)}`);
      const pause = waited() < SOON_MS ? PAUSE_MS.soon : PAUSE_MS.later;
      // Only the end of the wait rejects it.
      await setTimeout(pause, undefined, { signal }).catch(() => {});
    }
  }
};

/**
 * Opens the databases of a server that starts, and waits for a PostgreSQL that does not answer yet. Meanwhile nothing
 * listens: `/livez` and `/readyz` refuse connections. SIGTERM and SIGINT end the wait at once.
 *
 * @param signals who tells it to stop; the system where absent
 * @returns null when a signal came first: then everything is closed, and the process has nothing left to do
 * @throws AppError `database-refused`, `database-start-timeout`, and what `openDatabases` throws
 */
export const startDatabases = async (config: DatabaseConfig, telemetry: Telemetry, signals?: StopSignals): Promise<Databases | null> => {
  await using opened = new AsyncDisposableStack();
  const databases = opened.use(await openDatabases(config, { telemetry }));
  if (config.kind === 'postgres') {
    using stop = stopRequest(telemetry.log, signals);
    await untilItAnswers({ config, databases, log: telemetry.log, signal: stop.signal });
    if (stop.signal.aborted) return null;
  }
  opened.move();
  return databases;
};
