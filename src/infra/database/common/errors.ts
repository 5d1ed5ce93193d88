import { AppError } from '#infra/apperr/app-error.ts';

/** SQLite result codes, also of extended codes (`code & 0xff` is the primary one). @see https://www.sqlite.org/rescode.html */
const SQLITE = { BUSY: 5, LOCKED: 6, READONLY: 8, IOERR: 10, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26 } as const;
const property = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null && name in error ? (error as Record<string, unknown>)[name] : undefined;

export const databaseCorrupt = (name: string, cause: unknown): AppError =>
  new AppError('database-corrupt', 503, `the database ${name} is damaged and was left as it is`, {
    cause,
    fix: 'Restore it from a backup or a snapshot; for demo data, remove the stack with its volumes and start again.',
  });

export const databaseMissing = (name: string, cause?: unknown): AppError =>
  new AppError('database-missing', 503, `the database ${name} is missing, and no empty one was put in its place`, {
    cause,
    fix: 'Restore it from a backup or a snapshot; for demo data, remove the stack with its volumes and start again.',
  });

const full = (name: string, cause: unknown): AppError =>
  new AppError('database-full', 503, `the database ${name} cannot grow: the disk is full`, { cause, fix: 'Free space on its disk.' });

const busy = (name: string, cause: unknown): AppError =>
  new AppError('database-busy', 503, `the database ${name} is held by another process`, {
    cause,
    fix: 'Try again; if it lasts, find the process that holds it.',
    headers: { 'retry-after': '1' },
  });

const unavailable = (name: string, cause: unknown): AppError =>
  new AppError('database-unavailable', 503, `the database ${name} does not answer`, {
    cause,
    fix: 'Look at the state of the database server and try again.',
    headers: { 'retry-after': '1' },
  });

/** For a request to databases that are being closed. */
export const databaseClosing = (name: string): AppError => unavailable(name, new Error('it is being closed here'));

/** @param name of the database, whose connection ended and the lock with it */
export const lockLost = (name: string): AppError =>
  new AppError('database-lock-lost', 503, `a connection to the database ${name} broke, and a lock ended with it before the work was done`, {
    fix: 'Look at the state of the database server and try again.',
    headers: { 'retry-after': '1' },
  });

const fromSqlite = (errcode: number, name: string, cause: unknown): unknown => {
  switch (errcode & 0xff) {
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return databaseCorrupt(name, cause);
    case SQLITE.FULL:
      return full(name, cause);
    case SQLITE.BUSY:
    case SQLITE.LOCKED:
      return busy(name, cause);
    case SQLITE.CANTOPEN:
    case SQLITE.IOERR:
    case SQLITE.READONLY:
      return unavailable(name, cause);
    default:
      return cause;
  }
};

const CONNECTION_CODE = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_)/;
/** pg reports a lost connection by message alone. */
const CONNECTION_MESSAGE =
  /^(Connection terminated|timeout e[xr]|Client has encountered a connection error|The server does not support SSL)/;

const fromPostgres = (code: string, message: string, name: string, cause: unknown): unknown => {
  if (CONNECTION_CODE.test(code) || CONNECTION_MESSAGE.test(message)) return unavailable(name, cause);
  // The first two characters of a SQLSTATE are its class.
  if (code === 'XX001' || code === 'XX002') return databaseCorrupt(name, cause);
  // All statements are ours, so what they name was there once.
  if (code === '42P01' || code === '3F000') return databaseMissing(name, cause);
  if (code === '53100') return full(name, cause);
  if (code === '55P03' || code === '40P01' || code === '40001') return busy(name, cause);
  // 57014: the statement ran into its time limit.
  return /^(?:(?:08|28|3D|53|58)...|57P..|57014)$/.test(code) ? unavailable(name, cause) : cause;
};

/**
 * A driver's error as an AppError where it tells of the state of the database; every other one is handed back as it came.
 *
 * @param name of the database, for the message
 */
export const describeError = (error: unknown, name: string): unknown => {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const errcode = property(error, 'errcode');
  if (typeof errcode === 'number') return fromSqlite(errcode, name, error);
  const code = property(error, 'code');
  if (code === 'ENOSPC' || code === 'EDQUOT') return full(name, error);
  return fromPostgres(typeof code === 'string' ? code : '', error.message, name, error);
};
