import type { Kysely } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database, Databases } from '#infra/database/databases.ts';
import { LEASE_MS } from '#kms/database/leases.ts';
import { tenantMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { isSchemaName } from './tenant.ts';
import { tenantsStore } from './tenants.store.ts';

/** The databases of the tenants, each opened when it is first needed, and looked for again when the lease on that has ended. */
export interface TenantDatabases extends AsyncDisposable {
  /**
   * Makes the database of a tenant that is being prepared, and of no other: one that is gone must be missed, not replaced.
   *
   * @throws AppError `tenant-unknown` 404 when no such tenant is here, `database-missing` 503 when its database is not
   */
  of(tenantId: string): Promise<Database<TenantTables>>;
  /** Closes and deletes a database that is noted in `kms_databases_to_drop`, and the note. */
  drop(schemaName: string): Promise<void>;
  /** Looks which of the tenants in memory are still there, and lets go what there is of the others. */
  forgetGone(): Promise<void>;
}

/** Milliseconds between leaving the cache and being closed: longer than any request that may still use it. */
const CLOSE_AFTER_MS = 35_000;

interface Opened {
  readonly database: Database<TenantTables>;
  /** When the tenant was last found in this database. */
  readonly foundAt: number;
}

interface Looking {
  readonly since: number;
  readonly database: Promise<Database<TenantTables>>;
}

const unknown = (): AppError => new AppError('tenant-unknown', 404, 'There is no such tenant here.');

/**
 * @param options.maxOpen databases kept open; the one not used for longest goes first
 * @param options.onGone told of a tenant that another replica removed, or gave another database
 * @param options.held tenants of which something else is in memory, which `onGone` lets go
 * @param options.elapsed milliseconds on a clock that never goes back
 */
export const createTenantDatabases = (options: {
  readonly databases: Databases;
  readonly service: Kysely<ServiceTables>;
  readonly maxOpen?: number;
  readonly onGone?: (tenantId: string) => void;
  readonly held?: () => readonly string[];
  readonly elapsed?: () => number;
}): TenantDatabases => {
  const { databases, maxOpen = 256, onGone = () => {}, held = () => [], elapsed = () => performance.now() } = options;
  const store = tenantsStore(options.service);
  const opened = new Map<string, Opened>();
  /** One look a tenant, however many ask while a lease that began with it would run. */
  const looking = new Map<string, Looking>();
  const leaving = new Map<Database<TenantTables>, NodeJS.Timeout>();

  const close = async (database: Database<TenantTables>): Promise<void> => {
    clearTimeout(leaving.get(database));
    leaving.delete(database);
    await database[Symbol.asyncDispose]();
  };

  const closeLater = (database: Database<TenantTables>): void => {
    const timer = setTimeout(() => void close(database), CLOSE_AFTER_MS);
    timer.unref();
    leaving.set(database, timer);
  };

  const keep = (tenantId: string, entry: Opened): Database<TenantTables> => {
    const before = opened.get(tenantId)?.database;
    if (before !== undefined && before !== entry.database) closeLater(before);
    opened.delete(tenantId);
    opened.set(tenantId, entry);
    for (const [oldest, { database }] of opened) {
      if (opened.size <= maxOpen) break;
      opened.delete(oldest);
      closeLater(database);
    }
    return entry.database;
  };

  const letGo = (tenantId: string): void => {
    const known = opened.get(tenantId);
    opened.delete(tenantId);
    if (known !== undefined) closeLater(known.database);
    onGone(tenantId);
  };

  const find = async (tenantId: string): Promise<Database<TenantTables>> => {
    const foundAt = elapsed();
    const { schema_name: schemaName, state } = (await store.databaseOf(tenantId)) ?? {};
    const known = opened.get(tenantId);
    if (known !== undefined && known.database.name === schemaName) return keep(tenantId, { database: known.database, foundAt });
    if (known !== undefined) letGo(tenantId);
    if (schemaName === undefined || !isSchemaName(schemaName)) throw unknown();
    const create = state === 'preparing';
    const isStillNamed = async () => (await store.databaseOf(tenantId))?.schema_name === schemaName;
    const database = await databases.open<TenantTables>(schemaName, tenantMigrations, { create }).catch(async (error: unknown) => {
      // Missing with its tenant, it is not lost.
      throw (await isStillNamed()) ? error : unknown();
    });
    // Once more: it may have been dropped while it was on its way, and made again.
    const foundAgainAt = elapsed();
    if (await isStillNamed()) return keep(tenantId, { database, foundAt: foundAgainAt });
    await database[Symbol.asyncDispose]();
    if (create) await databases.drop(schemaName);
    throw unknown();
  };

  const look = (tenantId: string): Looking => {
    const entry: Looking = {
      since: elapsed(),
      database: find(tenantId).finally(() => {
        if (looking.get(tenantId) === entry) looking.delete(tenantId);
      }),
    };
    looking.set(tenantId, entry);
    return entry;
  };

  return {
    of: (tenantId) => {
      const known = opened.get(tenantId);
      if (known !== undefined && elapsed() - known.foundAt < LEASE_MS) return Promise.resolve(keep(tenantId, known));
      const running = looking.get(tenantId);
      return (running !== undefined && elapsed() - running.since < LEASE_MS ? running : look(tenantId)).database;
    },
    drop: async (schemaName) => {
      const inUse = [...opened.entries()].filter(([, { database }]) => database.name === schemaName);
      for (const [tenantId] of inUse) opened.delete(tenantId);
      const all = [...inUse.map(([, { database }]) => database), ...leaving.keys()].filter((database) => database.name === schemaName);
      await Promise.all(all.map(close));
      await databases.drop(schemaName);
      await store.databaseDropped(schemaName);
    },
    forgetGone: async () => {
      // Seen before the look: what comes into memory during it may be younger than what the look finds.
      const seen = [...new Set([...opened.keys(), ...held()])].map((id) => ({ id, name: opened.get(id)?.database.name }));
      const found = await store.schemaNames();
      for (const { id, name = found.get(id) } of seen) if (name === undefined || found.get(id) !== name) letGo(id);
    },
    [Symbol.asyncDispose]: async () => {
      const all = [...[...opened.values()].map(({ database }) => database), ...leaving.keys()];
      opened.clear();
      await Promise.all(all.map(close));
    },
  };
};
