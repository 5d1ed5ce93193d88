import type { ColumnType } from 'kysely';
import { sql } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** One OAuth client. Flags are 0 or 1, times are epoch milliseconds, lists are JSON text. */
export interface ClientRow {
  /** UUIDv7; a retired row and its successor share the `client_id`, never this. */
  pk: string;
  client_id: string;
  name: string;
  /** Null for a public client. */
  secret_hash: string | null;
  /** `native`: loopback redirects match on any port (RFC 8252 section 7.3). */
  application_type: 'web' | 'native';
  token_endpoint_auth_method: string;
  redirect_uris: string;
  post_logout_redirect_uris: string;
  grant_types: string;
  scopes: string;
  /** UUIDv4 for a client that acts for itself; null where the account decides. */
  tenant_id: string | null;
  /** Of its client-credentials tokens. */
  roles: string;
  /** Seconds; null for the resource server's own. */
  access_token_ttl: number | null;
  disabled: ColumnType<number, number | undefined, number>;
  demo: ColumnType<number, number | undefined, never>;
  created_at: number;
  retired_at: number | null;
  /** The demo reset that retired this row. */
  retired_by: string | null;
  /** The demo reset that inserted this row. */
  reset_id: string | null;
}

export interface ClientTables {
  clients: ClientRow;
}

export const clientMigration: Migration = {
  name: '0002-clients',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('clients')
      .addColumn('pk', 'text', (column) => column.primaryKey())
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('secret_hash', 'text')
      .addColumn('application_type', 'text', (column) => column.notNull())
      .addColumn('token_endpoint_auth_method', 'text', (column) => column.notNull())
      .addColumn('redirect_uris', 'text', (column) => column.notNull())
      .addColumn('post_logout_redirect_uris', 'text', (column) => column.notNull())
      .addColumn('grant_types', 'text', (column) => column.notNull())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('tenant_id', 'text')
      .addColumn('roles', 'text', (column) => column.notNull())
      .addColumn('access_token_ttl', 'integer')
      .addColumn('disabled', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('demo', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .addColumn('retired_at', type.millis)
      .addColumn('retired_by', 'text')
      .addColumn('reset_id', 'text')
      .execute();
    await db.schema
      .createIndex('clients_client_id')
      .unique()
      .on('clients')
      .column('client_id')
      .where(sql.ref('retired_at'), 'is', null)
      .execute();
  },
};
