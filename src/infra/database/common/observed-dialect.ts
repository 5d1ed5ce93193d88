import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { describeError } from './errors.ts';
import { refuseInsideTransaction } from './database.ts';
import { statementOf } from './statement.ts';

export interface Observation {
  /** `db.system.name` of the OpenTelemetry conventions. */
  readonly system: 'sqlite' | 'postgresql';
  /** Name of the database: the SQLite file or the PostgreSQL schema. */
  readonly name: string;
  /** The same for every use of the same database in this process. */
  readonly identity: object;
  readonly telemetry: Telemetry;
}

/** A connection whose queries are spans with operation and table, never the text or a value, and whose errors are described. */
class ObservedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #observation: Observation;

  constructor(inner: DatabaseConnection, observation: Observation) {
    this.inner = inner;
    this.#observation = observation;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { telemetry, system, name } = this.#observation;
    const execute = (): Promise<QueryResult<R>> => described(name, () => this.inner.executeQuery<R>(query));
    // A query that no request asked for would be a trace of one span.
    if (telemetry.traceId() === null) return execute();
    const { operation, table } = statementOf(query.query);
    const attributes = {
      'db.system.name': system,
      'db.namespace': name,
      'db.operation.name': operation,
      'db.collection.name': table,
    };
    return telemetry.span(table === null ? `db ${operation}` : `db ${operation} ${table}`, { kind: 'client', attributes }, execute);
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    try {
      yield* this.inner.streamQuery<R>(query, chunkSize);
    } catch (error) {
      throw describeError(error, this.#observation.name);
    }
  }
}

const described = async <R>(name: string, work: () => Promise<R>): Promise<R> => {
  try {
    return await work();
  } catch (error) {
    throw describeError(error, name);
  }
};

/** Kysely gives back only connections that this driver gave out. */
const innerOf = (connection: DatabaseConnection): DatabaseConnection =>
  connection instanceof ObservedConnection ? connection.inner : connection;

const observe = (driver: Driver, observation: Observation): Driver => {
  const { identity, name } = observation;
  return {
    init: () => described(name, () => driver.init()),
    acquireConnection: async () => {
      // Before the wait for a connection, which is the wait that would never end.
      refuseInsideTransaction(identity, name);
      return new ObservedConnection(await described(name, () => driver.acquireConnection()), observation);
    },
    beginTransaction: (connection, settings) => described(name, () => driver.beginTransaction(innerOf(connection), settings)),
    commitTransaction: (connection) => described(name, () => driver.commitTransaction(innerOf(connection))),
    rollbackTransaction: (connection) => described(name, () => driver.rollbackTransaction(innerOf(connection))),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    destroy: () => driver.destroy(),
  };
};

/** The dialect with spans and described errors. */
export const observedDialect = (dialect: Dialect, observation: Observation): Dialect => ({
  createAdapter: () => dialect.createAdapter(),
  createDriver: () => observe(dialect.createDriver(), observation),
  createIntrospector: (db) => dialect.createIntrospector(db),
  createQueryCompiler: () => dialect.createQueryCompiler(),
});
