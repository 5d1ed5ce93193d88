import { isFlowKeyName } from '#infra/demo-data/flow-keys.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { Database } from '#infra/database/databases.ts';
import type { Rows, TenantRows } from '#kms/integrity/row-integrity.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { Tenant } from '#kms/tenants/tenant.ts';
import type { KmsDemo } from './kms-demo.ts';

/** Names that one statement deletes at most. */
const BATCH = 500;

/** @param options.demoTenants the tenants of the demo that are in use */
export const createFlowKeys =
  (options: {
    readonly demoTenants: () => Promise<readonly Tenant[]>;
    readonly tenants: Pick<TenantDirectory, 'byId'>;
    readonly rows: Pick<Rows, 'of'>;
  }): KmsDemo['removeFlowKeys'] =>
  async (name) => {
    let removed = 0;
    for (const { id } of await options.demoTenants()) {
      const tenant = await options.tenants.byId(id);
      if (tenant !== undefined) removed += await removeFrom(await tenant.database(), options.rows.of(id), name);
    }
    return removed;
  };

/** In one transaction: nobody finds a key without its versions. */
const removeFrom = (database: Database<TenantTables>, rows: TenantRows, name: string | undefined): Promise<number> =>
  withLedger(database, rows).transaction(async (tx) => {
    const like = tx.selectFrom('elastic_keys').select(['id', 'name']);
    const found = await (name === undefined ? like.where('name', 'like', 'flow-%') : like.where('name', '=', name)).execute();
    const ids = found.filter((key) => isFlowKeyName(key.name)).map(({ id }) => id);
    for (let at = 0; at < ids.length; at += BATCH) {
      const some = ids.slice(at, at + BATCH);
      await rows.remove('material_keys', tx, async () => {
        const versions = await tx.deleteFrom('material_keys').where('elastic_key_id', 'in', some).returning('id').execute();
        return versions.map(({ id }) => id);
      });
      await rows.remove('elastic_keys', tx, async () => {
        await tx.deleteFrom('elastic_keys').where('id', 'in', some).execute();
        return some;
      });
    }
    return ids.length;
  });
