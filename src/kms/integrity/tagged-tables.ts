import type { RowTag } from '#kms/database/row-tags.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';

/** The tables whose rows decide who may do what: who writes to the database must not gain access by them. */
export type TaggedTables = Pick<ServiceTables, 'kms_tenants' | 'kms_realm_users' | 'kms_browser_sessions'> &
  Pick<TenantTables, 'elastic_keys' | 'material_keys' | 'idempotency_keys' | 'transport_keys' | 'former_names' | 'api_keys' | 'grants'>;
export type TaggedTable = keyof TaggedTables;

/** A row as the KMS makes it, before it has a tag. */
export type Untagged<T extends TaggedTable> = Omit<TaggedTables[T], keyof RowTag>;

/**
 * `always`: the tag covers the column in every row. `unless-null`: a column that came later; rows from before have null there, and
 * their tags stay right. A tag covers its name and value where there is one, so that no value can be put in, changed or taken out.
 */
type Covered = 'always' | 'unless-null';
type Columns = { readonly [T in TaggedTable]: Readonly<Record<keyof Untagged<T>, Covered>> };

/**
 * The columns that a tag of version 1 covers, in their order: every one but the tag itself; the revision stands beside them. Whoever
 * adds a column lets it be null, appends it here as `unless-null`, and never changes what stands here.
 */
const COLUMNS: Columns = {
  kms_tenants: {
    id: 'always',
    name: 'always',
    schema_name: 'always',
    state: 'always',
    demo: 'always',
    created_at: 'always',
    retired_at: 'always',
    description: 'unless-null',
    labels: 'unless-null',
    suspended_at: 'unless-null',
    removal_due_at: 'unless-null',
    restores_to: 'unless-null',
    removed_at: 'unless-null',
  },
  kms_realm_users: {
    id: 'always',
    username: 'always',
    password_hash: 'always',
    tenant_id: 'always',
    roles: 'always',
    demo: 'always',
    created_at: 'always',
    retired_at: 'always',
    disabled_at: 'unless-null',
    email: 'unless-null',
    display_name: 'unless-null',
    metadata: 'unless-null',
    updated_at: 'unless-null',
    password_changed_at: 'unless-null',
  },
  kms_browser_sessions: {
    id: 'always',
    tenant_id: 'always',
    issuer: 'always',
    subject: 'always',
    username: 'always',
    roles: 'always',
    scopes: 'always',
    permissions: 'always',
    password_mark: 'always',
    refresh_token: 'always',
    created_at: 'always',
    last_used_at: 'always',
    expires_at: 'always',
    grant_id: 'unless-null',
  },
  elastic_keys: {
    id: 'always',
    name: 'always',
    description: 'always',
    algorithm: 'always',
    operations: 'always',
    state: 'always',
    latest_version: 'always',
    min_decryption_version: 'always',
    created_at: 'always',
    updated_at: 'always',
    expires_at: 'always',
    deletion_due_at: 'unless-null',
    restores_to: 'unless-null',
    destroyed_at: 'unless-null',
    version_changes: 'unless-null',
    origin: 'unless-null',
    exportable: 'unless-null',
    labels: 'unless-null',
    max_protections: 'unless-null',
    rotation_after_protections: 'unless-null',
    rotation_period: 'unless-null',
    latest_version_at: 'unless-null',
    next_rotation_at: 'unless-null',
    name_taken_over: 'unless-null',
  },
  material_keys: {
    id: 'always',
    elastic_key_id: 'always',
    version: 'always',
    state: 'always',
    wrapped: 'always',
    protections_reserved: 'always',
    created_at: 'always',
    deactivated_at: 'always',
    revoked_at: 'unless-null',
    revocation_reason: 'unless-null',
    revocation_comment: 'unless-null',
    revoked_processes: 'unless-null',
    deletion_due_at: 'unless-null',
    destroyed_at: 'unless-null',
    imported_kid: 'unless-null',
  },
  // No ledger lists these: decision 0020.
  idempotency_keys: {
    id: 'always',
    fingerprint: 'always',
    target: 'always',
    answer: 'always',
    expires_at: 'always',
  },
  transport_keys: {
    id: 'always',
    elastic_key_id: 'always',
    wrapping: 'always',
    wrapped: 'always',
    created_at: 'always',
    expires_at: 'always',
  },
  former_names: {
    id: 'always',
    elastic_key_id: 'always',
  },
  api_keys: {
    id: 'always',
    name: 'always',
    labels: 'always',
    scopes: 'always',
    state: 'always',
    created_by: 'always',
    created_at: 'always',
    updated_at: 'always',
    expires_at: 'always',
    rotated_at: 'always',
    revoked_at: 'always',
    secret_hash: 'always',
    previous_hash: 'always',
    previous_until: 'always',
  },
  grants: {
    id: 'always',
    elastic_key_id: 'always',
    grantee_hash: 'always',
    grantee_kind: 'always',
    grantee_issuer: 'always',
    grantee_subject: 'always',
    operations: 'always',
    context_rule: 'always',
    context_value: 'always',
    created_at: 'always',
    expires_at: 'always',
    granter_kind: 'always',
    granter_issuer: 'always',
    granter_subject: 'always',
  },
};

/** The columns of a row that its tag covers, in their order. */
export const columnsOf = (table: TaggedTable, row: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries<Covered>(COLUMNS[table]).flatMap(([column, covered]) => (covered === 'always' || row[column] !== null ? [column] : []));

/** In the place of a tenant id: whose ledger that of the service database is. */
export const SERVICE = 'service';

/**
 * The tenant that a row belongs to, under whose key its tag is.
 *
 * @param owner of the database in which it stands
 */
export const tenantOf = (table: TaggedTable, row: object, owner: string): string => {
  if (table === 'kms_tenants') return String(Reflect.get(row, 'id'));
  return table === 'kms_realm_users' || table === 'kms_browser_sessions' ? String(Reflect.get(row, 'tenant_id')) : owner;
};
