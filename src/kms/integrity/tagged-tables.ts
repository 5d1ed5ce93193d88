import type { RowTag } from '#kms/database/row-tags.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';

/** The tables whose rows decide who may do what: who writes to the database must not gain access by them. */
export type TaggedTables = Pick<ServiceTables, 'kms_tenants' | 'kms_realm_users'> & Pick<TenantTables, 'elastic_keys' | 'material_keys'>;
export type TaggedTable = keyof TaggedTables;

/** A row as the KMS makes it, before it has a tag. */
export type Untagged<T extends TaggedTable> = Omit<TaggedTables[T], keyof RowTag>;

type Columns = { readonly [T in TaggedTable]: Readonly<Record<keyof Untagged<T>, true>> };

/**
 * The columns that a tag of version 1 covers, in their order: every one but the tag itself; the revision stands beside them. Whoever
 * adds a column makes a version 2 of the encoding, and says what becomes of the tags that are there.
 */
const COLUMNS: Columns = {
  kms_tenants: { id: true, name: true, schema_name: true, state: true, demo: true, created_at: true, retired_at: true },
  kms_realm_users: {
    id: true,
    username: true,
    password_hash: true,
    tenant_id: true,
    roles: true,
    demo: true,
    created_at: true,
    retired_at: true,
  },
  elastic_keys: {
    id: true,
    name: true,
    description: true,
    algorithm: true,
    operations: true,
    state: true,
    latest_version: true,
    min_decryption_version: true,
    created_at: true,
    updated_at: true,
    expires_at: true,
  },
  material_keys: {
    id: true,
    elastic_key_id: true,
    version: true,
    state: true,
    wrapped: true,
    protections_reserved: true,
    created_at: true,
    deactivated_at: true,
  },
};

export const columnsOf = (table: TaggedTable): readonly string[] => Object.keys(COLUMNS[table]);

/** In the place of a tenant id: whose ledger that of the service database is. */
export const SERVICE = 'service';

/**
 * The tenant that a row belongs to, under whose key its tag is.
 *
 * @param owner of the database in which it stands
 */
export const tenantOf = (table: TaggedTable, row: object, owner: string): string => {
  if (table === 'kms_tenants') return String(Reflect.get(row, 'id'));
  return table === 'kms_realm_users' ? String(Reflect.get(row, 'tenant_id')) : owner;
};
