import type { Kysely } from 'kysely';
import { storedTextMap, storedWord } from '#infra/database/stored-values.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantRow } from '#kms/database/tenants.table.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { isKept, KEPT_STATES, type Tenant, type TenantRecord, TENANT_STATES, type TenantState, type TenantWords } from './tenant.ts';

const stateOf = (row: TenantRow): TenantState => storedWord(row.state, TENANT_STATES, `the state of tenant ${row.id}`);

const tenantOf = (row: TenantRow): Tenant => ({
  id: row.id,
  name: row.name,
  schemaName: row.schema_name,
  state: stateOf(row),
  demo: row.demo === 1,
});

export const recordOf = (row: TenantRow): TenantRecord => ({
  ...tenantOf(row),
  description: row.description ?? '',
  labels: row.labels === null ? {} : storedTextMap(row.labels, `the labels of tenant ${row.id}`),
  createdAt: row.created_at,
  suspendedAt: row.suspended_at,
  removalDueAt: row.removal_due_at,
  restoresTo:
    row.restores_to === null
      ? null
      : storedWord(row.restores_to, ['active', 'suspended'] as const, `the state before the removal of ${row.id}`),
  removedAt: row.removed_at,
  revision: row.row_revision,
});

/** Words as their columns have them. */
export const wordColumns = ({ description, labels }: Partial<TenantWords>): Partial<Pick<TenantRow, 'description' | 'labels'>> => ({
  ...(description === undefined ? {} : { description: description === '' ? null : description }),
  ...(labels === undefined ? {} : { labels: Object.keys(labels).length === 0 ? null : JSON.stringify(labels) }),
});

/**
 * Queries on `kms_tenants` and `kms_databases_to_drop`. Each is one statement but for `change` and `changeState`, which read before they
 * write, and `remove` and `noteToDrop`, which are atomic within the transaction that they are given.
 *
 * @param db the service database, or a transaction on it
 * @param rows checks every row that becomes a tenant
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const tenantsStore = (db: Kysely<ServiceTables>, rows: Rows) => {
  const rowById = async (id: string, of: Kysely<ServiceTables> = db): Promise<TenantRow | undefined> => {
    const query = of.selectFrom('kms_tenants').selectAll().where('id', '=', id).limit(1);
    const [row] = await rows.service.read('kms_tenants', of, () => query.execute(), { id });
    return row;
  };
  const change = async (id: string, changes: (before: TenantRow) => Partial<TenantRow> | undefined): Promise<TenantRow | undefined> => {
    const [changed] = await rows.service.put('kms_tenants', db, async (tx) => {
      const row = await changeRow({
        read: () => rowById(id, tx),
        change: (before) => {
          const next = changes(before);
          return next && rows.of(id).next('kms_tenants', before, next);
        },
        write: (after, revision) =>
          tx.updateTable('kms_tenants').set(after).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
      });
      return row === undefined ? [] : [row];
    });
    return changed;
  };
  /** One of these states was asked for: which the query found is for us to check. */
  const kept = (row: TenantRow): TenantRow => {
    if (!isKept(stateOf(row))) throw rows.of(row.id).refusal('kms_tenants', row.id);
    return row;
  };
  const noteToDrop = async ({ schemaName }: Tenant): Promise<void> => {
    await db.insertInto('kms_databases_to_drop').values({ schema_name: schemaName }).execute();
  };

  return {
    /** In whatever state. */
    byId: async (id: string): Promise<Tenant | undefined> => {
      const row = await rowById(id);
      return row && tenantOf(row);
    },
    /** In whatever state. */
    recordById: async (id: string): Promise<TenantRecord | undefined> => {
      const row = await rowById(id);
      return row && recordOf(row);
    },
    /** The tenant that has this name, served or not. */
    keptByName: async (name: string): Promise<Tenant | undefined> => {
      const query = db.selectFrom('kms_tenants').selectAll().where('name', '=', name).where('state', 'in', KEPT_STATES).limit(1);
      const [row] = await rows.service.read('kms_tenants', db, () => query.execute(), { name });
      return row && tenantOf(kept(row));
    },
    /** By name. @param only.demo tenants of the demo only */
    inState: async (state: TenantState, only: { readonly demo?: true } = {}): Promise<readonly Tenant[]> => {
      let query = db.selectFrom('kms_tenants').selectAll().where('state', '=', state);
      if (only.demo) query = query.where('demo', '=', 1);
      const ordered = query.orderBy('name');
      const asked = { state, demo: only.demo ? 1 : undefined };
      return (await rows.service.read('kms_tenants', db, () => ordered.execute(), asked)).map(tenantOf);
    },
    /** Those that have a database and keys, served or not, by name. */
    kept: async (): Promise<readonly Tenant[]> => {
      const query = db.selectFrom('kms_tenants').selectAll().where('state', 'in', KEPT_STATES).orderBy('name');
      return (await rows.service.read('kms_tenants', db, () => query.execute(), {})).map((row) => tenantOf(kept(row)));
    },
    /** Tenants whose removal is due, the one that waits longest first. @param now epoch milliseconds */
    due: async (now: number): Promise<readonly TenantRecord[]> => {
      const query = db
        .selectFrom('kms_tenants')
        .selectAll()
        .where('state', '=', 'pending-removal')
        .where('removal_due_at', '<=', now)
        .orderBy('removal_due_at');
      return (await rows.service.read('kms_tenants', db, () => query.execute(), { state: 'pending-removal' })).map(recordOf);
    },
    /** Names of the databases by tenant id, of all tenants that have one, in whatever state. */
    schemaNames: async (): Promise<ReadonlyMap<string, string>> => {
      const found = await db.selectFrom('kms_tenants').select(['id', 'schema_name']).where('state', '!=', 'removed').execute();
      return new Map(found.map((row) => [row.id, row.schema_name]));
    },
    insert: async (
      { id, name, schemaName, state, demo, description = '', labels = {} }: Tenant & Partial<TenantWords>,
      at: number,
    ): Promise<void> => {
      const row = {
        id,
        name,
        schema_name: schemaName,
        state,
        demo: demo ? 1 : 0,
        created_at: at,
        retired_at: null,
        description: null,
        labels: null,
        suspended_at: null,
        removal_due_at: null,
        restores_to: null,
        removed_at: null,
        ...wordColumns({ description, labels }),
      };
      await rows.service.put('kms_tenants', db, async (tx) => {
        const made = rows.of(id).first('kms_tenants', row);
        await tx.insertInto('kms_tenants').values(made).execute();
        return [made];
      });
    },
    /**
     * Changes a tenant as it is now. Its write locks the row until the end of the transaction.
     *
     * @param decide refuses the change by throwing
     * @returns the tenant after the change; undefined where there is none
     */
    change: async (id: string, decide: (before: TenantRecord) => Partial<TenantRow>): Promise<TenantRecord | undefined> => {
      const row = await change(id, (before) => decide(recordOf(before)));
      return row && recordOf(row);
    },
    /** @returns false where the tenant is not in the state any more in which it was read: nothing is changed then */
    changeState: async (tenant: Tenant, state: TenantState, at: number): Promise<boolean> => {
      const changes = { state, retired_at: state === 'retired' ? at : null };
      return (await change(tenant.id, (before) => (before.state === tenant.state ? changes : undefined))) !== undefined;
    },
    /** Deletes the row, and notes that its database is to be dropped. @returns as `changeState` */
    remove: async (tenant: Tenant): Promise<boolean> => {
      const removed = await rows.service.remove('kms_tenants', db, async (tx) => {
        const { numDeletedRows } = await tx
          .deleteFrom('kms_tenants')
          .where('id', '=', tenant.id)
          .where('state', '=', tenant.state)
          .executeTakeFirstOrThrow();
        return numDeletedRows === 1n ? [tenant.id] : [];
      });
      if (removed.length === 0) return false;
      await noteToDrop(tenant);
      return true;
    },
    noteToDrop,
    /** Databases of removed tenants that exist yet: a crash came before they were dropped, or another process is at it. */
    databasesToDrop: async (): Promise<readonly string[]> => {
      const found = await db.selectFrom('kms_databases_to_drop').select('schema_name').orderBy('schema_name').execute();
      return found.map((row) => row.schema_name);
    },
    databaseDropped: async (schemaName: string): Promise<void> => {
      await db.deleteFrom('kms_databases_to_drop').where('schema_name', '=', schemaName).execute();
    },
  };
};
