import type { Kysely, Transaction } from 'kysely';
import type { Job } from '#infra/jobs/job.ts';
import type { DatabaseKind } from './config.ts';
import type { Locks } from './locks.ts';
import type { Migration } from './migration.ts';

/**
 * Databases, on SQLite or PostgreSQL behind one contract. This folder is what the products see: `databases.ts`, `locks.ts`, the shape
 * of a migration and of its columns. `open/` opens what a configuration names, `sqlite/` and `postgres/` fulfil the contract, and
 * `common/` holds what the two have in common. Only these know a driver; a query goes from Kysely through the observed dialect, which
 * makes it a span and describes its errors, to the driver.
 */

/** One database with the tables of `T`: a SQLite file or a PostgreSQL schema. */
export interface Database<T> extends AsyncDisposable {
  readonly kind: DatabaseKind;
  readonly name: string;
  /**
   * For single statements; each is a transaction of its own. The builders name the schema of each table;
   * raw SQL that names a table would not, so it stays within expressions.
   */
  readonly db: Kysely<T>;
  /**
   * Runs `run` in one transaction: committed (and on disk) when it resolves, rolled back when it throws.
   * Inside, use only `tx`: a query on `db` from there is refused, because on SQLite it would wait for itself.
   * SQLite runs transactions one after the other; PostgreSQL side by side as `read committed`, so a decision
   * belongs in the statement that acts on it (`update … where …`), not in a read before it.
   */
  transaction<R>(run: (tx: Transaction<T>) => Promise<R>): Promise<R>;
  /**
   * The same for what a power cut may take back without harm, such as a page that nobody has filled in yet: SQLite does not wait for the disk
   * here, and the next commit of `db` or `transaction` takes all that came before it along. A process that is killed loses nothing. On
   * PostgreSQL, where commits of one moment share their wait, they are on disk as all others.
   *
   * @see https://www.sqlite.org/pragma.html#pragma_synchronous
   */
  readonly unsynced: Pick<Database<T>, 'db' | 'transaction'>;
  /**
   * Takes what was deleted from tables, or overwritten in them, out of the files of the database: SQLite writes its file anew and empties
   * its log, PostgreSQL writes these tables anew; about a second for 100 MB, and as much room on the disk. Meanwhile SQLite reads, and
   * refuses writes with `database-busy` after the first second; on PostgreSQL whoever needs the table waits. Out of reach are copies, such as
   * backups, and with PostgreSQL the write-ahead log.
   *
   * @throws AppError `erasure-held-up` 503 where another process reads the SQLite file, or a transaction from before is open on PostgreSQL, `database-busy` 503 where the tables of PostgreSQL
   *   are not free within a second
   */
  erase(tables: readonly (keyof T & string)[]): Promise<void>;
  /** Bytes that `erase` would write anew: these tables with their indexes, or the whole of a SQLite file. */
  size(tables: readonly (keyof T & string)[]): Promise<number>;
}

export interface OpenOptions {
  /** False for a database that has been made before: one that is not there is `database-missing`. True where not said. */
  readonly create?: boolean;
}

/** The databases of one service, and locks among its replicas; all names are made by the service, never by a caller. */
export interface Databases extends Locks, AsyncDisposable {
  readonly kind: DatabaseKind;
  /** The work that is to be done by the clock while they are open; the opener starts these jobs. */
  readonly jobs: readonly Job[];
  /**
   * Opens a database, made (unless told not to) and migrated where needed; migrations run in one transaction under a lock.
   * Opened twice, it is shared: each disposal gives back one use.
   *
   * @param name lower-case letters, digits and underscores, a letter first, at most 63
   * @throws AppError `database-missing`, `database-corrupt`, `database-schema-newer`, `database-schema-unknown`, `database-full`,
   *   `database-busy`, `database-unavailable`; TypeError for a bad name or list of migrations
   */
  open<T>(name: string, migrations: readonly Migration[], options?: OpenOptions): Promise<Database<T>>;
  /** Removes a database with all that is in it, after the transactions under way; what is not there is fine. */
  drop(name: string): Promise<void>;
  /** Names of the databases that exist, sorted. */
  names(): Promise<string[]>;
  /** Resolves when the database answers; throws with the cause when it does not. */
  ping(signal?: AbortSignal): Promise<void>;
}
