import type { Database, Databases } from '#infra/database/databases.ts';
import { deriveUnsealWrappingKey, importWrappingKey, unwrapKey, wrapKey } from '#kms/barrier/hierarchy/barrier-jwe.ts';
import type { MaterialKeyAddress } from '#kms/barrier/barrier.ts';
import { serviceMigrations, tenantMigrations } from '#kms/database/migrations.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';

const openedIntermediate = async (service: Database<ServiceTables>, unsealKey: Uint8Array) => {
  const row = (purpose: string) =>
    service.db.selectFrom('barrier_keys').selectAll().where('purpose', '=', purpose).executeTakeFirstOrThrow();
  const [root, intermediate] = [await row('root'), await row('intermediate')];
  const unsealing = await deriveUnsealWrappingKey(unsealKey);
  const rootBytes = await unwrapKey(unsealing, { purpose: 'root', barrier_key_id: root.id }, root.wrapped);
  const above = await importWrappingKey(root.id, rootBytes ?? new Uint8Array(32));
  const claims = { purpose: 'intermediate', barrier_key_id: intermediate.id } as const;
  const bytes = await unwrapKey(above, { ...claims, rows: 'listed' }, intermediate.wrapped);
  if (bytes === null) throw new Error('the intermediate key is not one below which rows are listed');
  return { above, claims, bytes, id: intermediate.id };
};

const UNTAGGED = { row_revision: 0, row_tag: null };

/** Makes databases as a version from before ledgers left them: tags, no ledger, and an intermediate key that says nothing of one. */
export const asBeforeLedgers = async (databases: Databases, unsealKey: Uint8Array): Promise<void> => {
  await using service = await databases.open<ServiceTables>('service', serviceMigrations);
  const { above, claims, bytes, id } = await openedIntermediate(service, unsealKey);
  const wrapped = await wrapKey(above, { ...claims, rows: 'tagged' }, bytes);
  await service.db.updateTable('barrier_keys').set({ wrapped }).where('id', '=', id).execute();
  await service.db.deleteFrom('row_ledger').execute();
  for (const name of (await databases.names()).filter(isSchemaName)) {
    await using tenant = await databases.open<TenantTables>(name, tenantMigrations);
    await tenant.db.deleteFrom('row_ledger').execute();
  }
};

/** Makes databases as a version from before row tags left them: no tag on any row, and an intermediate key that says nothing of them. */
export const asBeforeTags = async (databases: Databases, unsealKey: Uint8Array): Promise<void> => {
  await using service = await databases.open<ServiceTables>('service', serviceMigrations);
  const { above, claims, bytes, id } = await openedIntermediate(service, unsealKey);
  const wrapped = await wrapKey(above, claims, bytes);
  await service.db.updateTable('barrier_keys').set({ wrapped }).where('id', '=', id).execute();
  await service.db.updateTable('kms_tenants').set(UNTAGGED).execute();
  await service.db.updateTable('kms_realm_users').set(UNTAGGED).execute();
  await service.db.deleteFrom('row_ledger').execute();
  for (const name of (await databases.names()).filter(isSchemaName)) {
    await using tenant = await databases.open<TenantTables>(name, tenantMigrations);
    await tenant.db.updateTable('elastic_keys').set(UNTAGGED).execute();
    await tenant.db.updateTable('material_keys').set(UNTAGGED).execute();
    await tenant.db.deleteFrom('row_ledger').execute();
  }
};

/** Wraps key material as a version did that bound nothing but its place. */
export const wrapWithoutUse = async (
  { service, unsealKey }: { readonly service: Database<ServiceTables>; readonly unsealKey: Uint8Array },
  { tenantId, elasticKeyId, materialKeyId }: MaterialKeyAddress,
  plaintext: Uint8Array,
): Promise<string> => {
  const { bytes, id: intermediateId } = await openedIntermediate(service, unsealKey);
  const intermediate = await importWrappingKey(intermediateId, bytes);
  const { id, wrapped } = await service.db
    .selectFrom('barrier_keys')
    .selectAll()
    .where('purpose', '=', 'content')
    .where('owner', '=', tenantId)
    .executeTakeFirstOrThrow();
  const content = await unwrapKey(intermediate, { purpose: 'content', barrier_key_id: id, tenant_id: tenantId }, wrapped);
  const key = await importWrappingKey(id, content ?? new Uint8Array(32));
  const place = { purpose: 'material', tenant_id: tenantId, elastic_key_id: elasticKeyId, material_key_id: materialKeyId } as const;
  return wrapKey(key, place, plaintext);
};
