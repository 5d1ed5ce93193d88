import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { Erasure } from './erasure.ts';
import { isBusy } from './is-busy.ts';

/** Prepared statements of one connection; the least recently used one goes first. */
const MAX_STATEMENTS = 256;
/** Another process may hold the file this long, in milliseconds, before a statement gives up. */
const BUSY_LIMIT_MS = 5_000;
const BUSY_PAUSE_MS = 5;

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

/** The one connection to a SQLite file. Statements run at once and are kept prepared. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();

  readonly #erasure: Erasure;

  constructor(database: DatabaseSync, erasure: Erasure) {
    this.#database = database;
    this.#erasure = erasure;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const isSchemaChange = !/^(Select|Insert|Update|Delete)QueryNode$|^RawNode$/.test(query.query.kind);
    const result = await this.#patiently(() => this.#run<R>(query.sql, query.parameters as readonly SQLInputValue[]));
    // A prepared `select *` would go on with the columns that the table had.
    if (isSchemaChange) this.#statements.clear();
    return result;
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    // Not a kept statement: the same query may run again before this one is read to its end.
    const statement = this.#database.prepare(query.sql);
    for (const row of statement.iterate(...(query.parameters as readonly SQLInputValue[]))) yield { rows: [row as R] };
  }

  async control(sql: 'begin immediate' | 'commit' | 'rollback'): Promise<void> {
    await this.#patiently(() => this.#database.exec(sql));
  }

  get isTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #run<R>(sql: string, parameters: readonly SQLInputValue[]): QueryResult<R> {
    const { statement, returnsRows } = this.#prepare(sql);
    if (returnsRows) {
      const rows = statement.all(...parameters) as R[];
      return { rows, numAffectedRows: BigInt(rows.length) };
    }
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  #prepare(sql: string): Prepared {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, kept);
      return kept;
    }
    const statement = this.#database.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    this.#statements.set(sql, prepared);
    const oldest = this.#statements.keys().next().value;
    if (this.#statements.size > MAX_STATEMENTS && oldest !== undefined) this.#statements.delete(oldest);
    return prepared;
  }

  /**
   * Runs again what another process keeps from running. Waiting here and not in SQLite leaves the event loop free.
   * Inside a transaction the lock is already ours, so there a refusal is final.
   */
  async #patiently<R>(run: () => R): Promise<R> {
    const deadline = performance.now() + BUSY_LIMIT_MS;
    for (;;) {
      try {
        return run();
      } catch (error) {
        const giveUpAt = Math.min(deadline, this.#erasure.waitUntil);
        if (!isBusy(error) || this.isTransaction || performance.now() >= giveUpAt) throw error;
      }
      await delay(BUSY_PAUSE_MS);
    }
  }
}
