import type { Database } from '#infra/database/databases.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';

type TenantDatabase = Database<TenantTables>;

/** Milliseconds between leaving here and being closed: longer than any request that may still use the database. */
const CLOSE_AFTER_MS = 35_000;

/** The databases of tenants that this process holds open, at most so many; the one not used for longest goes first. */
export interface OpenDatabases extends AsyncDisposable {
  /** The open database of a tenant, which by that becomes the one used last. */
  get(tenantId: string): TenantDatabase | undefined;
  keep(tenantId: string, database: TenantDatabase): TenantDatabase;
  /** Closes a tenant's database once the requests that use it have had the time to end. */
  letGo(tenantId: string): void;
  /** Closes every use of a database at once, whoever uses it. */
  close(schemaName: string): Promise<void>;
  /** Names of the open databases by tenant id. */
  names(): ReadonlyMap<string, string>;
}

/** @param options.max databases kept open */
export const createOpenDatabases = ({ max }: { readonly max: number }): OpenDatabases => {
  /** By tenant id, the one used last at the end. */
  const open = new Map<string, TenantDatabase>();
  const leaving = new Map<TenantDatabase, NodeJS.Timeout>();

  const close = async (database: TenantDatabase): Promise<void> => {
    clearTimeout(leaving.get(database));
    leaving.delete(database);
    await database[Symbol.asyncDispose]();
  };

  const letGo = (tenantId: string): void => {
    const database = open.get(tenantId);
    if (database === undefined) return;
    open.delete(tenantId);
    leaving.set(database, setTimeout(() => void close(database), CLOSE_AFTER_MS).unref());
  };

  return {
    get: (tenantId) => {
      const database = open.get(tenantId);
      if (database === undefined) return undefined;
      open.delete(tenantId);
      open.set(tenantId, database);
      return database;
    },
    keep: (tenantId, database) => {
      letGo(tenantId);
      open.set(tenantId, database);
      const [oldest] = open.keys();
      if (open.size > max && oldest !== undefined) letGo(oldest);
      return database;
    },
    letGo,
    close: async (schemaName) => {
      for (const [tenantId, database] of open) if (database.name === schemaName) letGo(tenantId);
      await Promise.all([...leaving.keys()].filter((database) => database.name === schemaName).map(close));
    },
    names: () => new Map([...open].map(([tenantId, database]) => [tenantId, database.name])),
    [Symbol.asyncDispose]: async () => {
      for (const tenantId of open.keys()) letGo(tenantId);
      await Promise.all([...leaving.keys()].map(close));
    },
  };
};
