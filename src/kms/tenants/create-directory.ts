import type { Kysely } from 'kysely';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { Database, Databases } from '#infra/database/databases.ts';
import { tenantMigrations } from '#kms/database/migrations.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { Emit } from '#kms/events.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { createDamages, isDamage } from './damage.ts';
import { tenantClosed, type TenantDirectory, type TenantHandle, tenantUnknown } from './directory.ts';
import { LEASE_MS } from './leases.ts';
import { createOpenDatabases } from './open-databases.ts';
import { isKept, isTenantId, type Tenant } from './tenant.ts';
import { tenantsStore } from './tenants.store.ts';

const MAX_REMEMBERED = 10_000;

/** One look, shared by all who ask while its lease runs. */
interface Look {
  readonly since: number;
  readonly found: Promise<TenantHandle | undefined>;
}

/** @throws AppError `tenant-suspended`, `tenant-pending-removal` 403 */
const served = (tenant: Tenant): Tenant => {
  if (tenant.state === 'suspended' || tenant.state === 'pending-removal') throw tenantClosed(tenant.state);
  return tenant;
};

/**
 * @param options.demo whether tenants of the demo are found
 * @param options.maxOpen databases kept open; the one not used for longest goes first
 * @param options.rows checks the rows of the tenants
 * @param options.onGone called with a tenant that another replica removed, or gave another database
 * @param options.emit tells of tenants whose databases are damaged
 * @param options.held tenants that other parts hold in memory; `onGone` makes them let go
 * @param options.elapsed milliseconds on a clock that never goes back
 */
export const createTenantDirectory = (options: {
  readonly databases: Databases;
  readonly service: Kysely<ServiceTables>;
  readonly rows: Rows;
  readonly demo?: boolean;
  readonly maxOpen?: number;
  readonly onGone?: (tenantId: string) => void;
  readonly emit?: Emit;
  readonly held?: () => readonly string[];
  readonly elapsed?: () => number;
}): TenantDirectory => {
  const {
    databases,
    demo = false,
    maxOpen = 256,
    onGone = () => {},
    emit = () => {},
    held = () => [],
    elapsed = () => performance.now(),
  } = options;
  const store = tenantsStore(options.service, options.rows);
  const looks = createBoundedMap<Look>({ max: MAX_REMEMBERED });
  const open = createOpenDatabases({ max: maxOpen });
  const opening = createSingleFlight<Database<TenantTables>>();

  const isFound = (tenant: Tenant): boolean => isKept(tenant.state) && (demo || !tenant.demo);

  const letGo = (tenantId: string): void => {
    open.letGo(tenantId);
    onGone(tenantId);
  };

  const damages = createDamages({ emit, elapsed });

  const openAndCheck = async (tenant: Tenant, create: boolean): Promise<Database<TenantTables>> => {
    const { id, schemaName } = tenant;
    const isStillNamed = async () => {
      const now = await store.byId(id);
      return now !== undefined && now.state !== 'removed' && now.schemaName === schemaName;
    };
    const database = await databases.open<TenantTables>(schemaName, tenantMigrations, { create }).catch(async (error: unknown) => {
      // A database that is missing together with its tenant is not lost.
      if (!(await isStillNamed())) throw tenantUnknown();
      damages.note(tenant, error);
      throw error;
    });
    damages.mended(tenant);
    // It may have been dropped while it was on its way, and made again.
    if (await isStillNamed()) return open.keep(id, database);
    await database[Symbol.asyncDispose]();
    if (create) await databases.drop(schemaName);
    throw tenantUnknown();
  };

  const databaseOf = async (tenant: Tenant, create: boolean): Promise<Database<TenantTables>> => {
    const known = open.get(tenant.id);
    if (known?.name === tenant.schemaName) return known;
    if (known !== undefined) letGo(tenant.id);
    if (!isSchemaName(tenant.schemaName)) throw tenantUnknown();
    return opening(boundedKey(tenant.schemaName), () => openAndCheck(tenant, create));
  };

  const handleOf = (tenant: Tenant, since: number, again: () => Promise<TenantHandle | undefined>, create = false): TenantHandle => ({
    ...tenant,
    database: async () => {
      if (elapsed() - since < LEASE_MS) {
        const damage = damages.recent(tenant.id);
        if (damage !== undefined) throw damage;
        return databaseOf(tenant, create);
      }
      const handle = await again();
      if (handle === undefined) throw tenantUnknown();
      return handle.database();
    },
  });

  /** Only a tenant that was found is remembered: one that is made a moment later is found. */
  const look = (key: BoundedKey, find: (since: number) => Promise<TenantHandle | undefined>): Promise<TenantHandle | undefined> => {
    const since = elapsed();
    const known = looks.get(key);
    if (known !== undefined && since - known.since < LEASE_MS) return known.found;
    const entry: Look = { since, found: find(since) };
    looks.set(key, entry);
    const drop = (): void => {
      if (looks.get(key) === entry) looks.delete(key);
    };
    entry.found.then((handle) => handle ?? drop(), drop);
    return entry.found;
  };

  const byId: TenantDirectory['byId'] = async (id) => {
    if (!isTenantId(id)) return undefined;
    return look(boundedKey(`id ${id}`), async (since) => {
      const tenant = await store.byId(id);
      if (tenant === undefined && open.get(id) !== undefined) letGo(id);
      return tenant !== undefined && isFound(tenant) ? handleOf(served(tenant), since, () => byId(id)) : undefined;
    });
  };

  /** As for `byId`, but that nobody is served by it. */
  const keptById: TenantDirectory['keptById'] = async (id) => {
    const since = elapsed();
    const tenant = isTenantId(id) ? await store.byId(id) : undefined;
    return tenant !== undefined && isFound(tenant) ? handleOf(tenant, since, () => keptById(id)) : undefined;
  };

  const preparing: TenantDirectory['preparing'] = async (id) => {
    const since = elapsed();
    const tenant = await store.byId(id);
    return tenant?.state === 'preparing' ? handleOf(tenant, since, () => preparing(id), true) : undefined;
  };

  return {
    byId,
    byName: (name) =>
      look(boundedKey(`name ${name}`), async (since) => {
        const tenant = await store.keptByName(name);
        return tenant !== undefined && isFound(tenant) ? handleOf(served(tenant), since, () => byId(tenant.id)) : undefined;
      }),
    kept: async () => {
      const since = elapsed();
      return (await store.kept()).filter(isFound).map((tenant) => handleOf(tenant, since, () => keptById(tenant.id)));
    },
    keptById,
    preparing,
    forget: () => looks.clear(),
    drop: async (schemaName) => {
      await open.close(schemaName);
      await databases.drop(schemaName);
      await store.databaseDropped(schemaName);
    },
    forgetGone: async () => {
      // Seen before the look: what comes into memory during it may be younger than what the look finds.
      const names = open.names();
      const seen = new Set([...names.keys(), ...held()]);
      const found = await store.schemaNames();
      for (const id of seen) {
        const name = found.get(id);
        if (name === undefined || (names.get(id) ?? name) !== name) letGo(id);
      }
    },
    noteDamage: (tenant, error) => {
      if (!isDamage(error)) return;
      damages.note(tenant, error);
      letGo(tenant.id);
    },
    lookAtDamage: async () => {
      // In this order: a tenant's database is there before it is in use.
      const kept = (await store.kept()).filter(isFound);
      const there = new Set(await databases.names());
      const closed = new Map<string, string>();
      for (const tenant of kept) {
        const { id, schemaName } = tenant;
        const known = damages.isKnown(id);
        if (there.has(schemaName) && !known) continue;
        // A file that was removed under an open connection takes writes that nobody will find again.
        if (!there.has(schemaName)) await open.close(schemaName);
        const cause = await databaseOf(tenant, false).then(
          () => null,
          (error: unknown) => error,
        );
        if (isDamage(cause)) closed.set(id, cause.message);
      }
      return closed;
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
};
