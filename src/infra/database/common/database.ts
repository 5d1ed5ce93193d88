import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely, Transaction } from 'kysely';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { DatabaseKind } from '../config.ts';
import type { Database } from '../databases.ts';

/** A transaction that the current asynchronous flow is inside of, and the one around it. */
interface Scope {
  readonly database: object;
  readonly outer: Scope | undefined;
  isOpen: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

const isInside = (database: object): boolean => {
  for (let scope = scopes.getStore(); scope !== undefined; scope = scope.outer) {
    if (scope.isOpen && scope.database === database) return true;
  }
  return false;
};

/**
 * Refuses a second connection to a database from inside its transaction. With one connection it would wait for itself
 * for ever; with several it would do so once all of them are taken.
 */
export const refuseInsideTransaction = (database: object, name: string): void => {
  if (isInside(database)) throw new InternalError(`a query on ${name} went past the transaction that it stands in`);
};

/** A database as its users see it. */
export const createDatabase = <T>(of: {
  readonly kind: DatabaseKind;
  readonly name: string;
  /** The same for every use of the same database. */
  readonly identity: object;
  readonly db: Kysely<T>;
  /** `db` where it has none of its own. */
  readonly unsynced?: Kysely<T>;
  readonly size: (tables: readonly string[]) => Promise<number>;
  readonly erase: (tables: readonly string[]) => Promise<void>;
  readonly release: () => Promise<void>;
}): Database<T> => {
  let released: Promise<void> | undefined;
  const access = (db: Kysely<T>): Database<T>['unsynced'] => ({
    db,
    transaction: <R>(run: (tx: Transaction<T>) => Promise<R>) =>
      db.transaction().execute((tx) => {
        const scope: Scope = { database: of.identity, outer: scopes.getStore(), isOpen: true };
        return scopes.run(scope, () => run(tx)).finally(() => (scope.isOpen = false));
      }),
  });
  return {
    kind: of.kind,
    name: of.name,
    ...access(of.db),
    unsynced: access(of.unsynced ?? of.db),
    size: of.size,
    erase: of.erase,
    [Symbol.asyncDispose]: () => (released ??= of.release()),
  };
};
