import type { ColumnType } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import { uniqueInUse } from '#infra/demo-data/unique-in-use.ts';
import type { ClientSecurityRow } from './client-security.table.ts';
import { type ResetColumns, withResetColumns } from './reset-columns.ts';

/** One OAuth client. Flags are 0 or 1, times are epoch milliseconds, lists are JSON text. */
export interface ClientRow extends ResetColumns, ClientSecurityRow {
  /** UUIDv7; a retired row and its successor share the `client_id`, never this. */
  pk: string;
  client_id: string;
  name: string;
  /** Null for a public client. */
  secret_hash: string | null;
  application_type: string;
  token_endpoint_auth_method: string;
  redirect_uris: string;
  post_logout_redirect_uris: string;
  /** Null for a client that no script of a browser is. */
  cors_origins: string | null;
  grant_types: string;
  scopes: string;
  /** UUIDv4 for a client that acts for itself; null where the account decides. */
  tenant_id: string | null;
  /** Of its client-credentials tokens. */
  roles: string;
  /** Seconds; null for the resource server's own. */
  access_token_ttl: number | null;
  /** Null for a client whose tokens need not be bound. */
  token_binding: string | null;
  /** Null for the resource server's own. */
  token_format: string | null;
  /** Null for a client that is told of no log-out. */
  backchannel_logout_uri: string | null;
  /** 1 for a client that needs to be told which session; null for every other. */
  backchannel_logout_session_required: number | null;
  /** SHA-256, base64url, of the token by which it manages its registration; null for a client that did not register itself. */
  registration_token_hash: string | null;
  /** JSON text: all that its initial access token let it ask for; null likewise. */
  registration_scopes: string | null;
  /** 1 for a client that is granted what it asks for without consent; null for every other. */
  first_party: number | null;
  /** 0 for a client that may ask for a code without PKCE; null for every other. */
  require_pkce: number | null;
  /** Counts the changes of an operator; null for none. */
  revision: number | null;
  /** When the secret was made; null where it came with the client. */
  secret_made_at: number | null;
  /** Of the secret before, while that is good, too. */
  previous_secret_hash: string | null;
  /** From when on the secret before is good no more. */
  previous_secret_ends_at: number | null;
  disabled: ColumnType<number, number | undefined, number>;
  demo: ColumnType<number, number | undefined, never>;
}

export interface ClientTables {
  clients: ClientRow;
}

export const clientMigration: Migration = {
  name: '0002-clients',
  up: async (db, kind) => {
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
      .$call(withResetColumns(kind))
      .execute();
    await uniqueInUse(db, 'clients', 'client_id');
  },
};

export const clientTokenMigration: Migration = {
  name: '0008-client-tokens',
  up: async (db) => {
    await db.schema.alterTable('clients').addColumn('token_binding', 'text').execute();
    await db.schema.alterTable('clients').addColumn('token_format', 'text').execute();
  },
};

export const clientOriginMigration: Migration = {
  name: '0010-client-origins',
  up: async (db) => {
    await db.schema.alterTable('clients').addColumn('cors_origins', 'text').execute();
  },
};

export const clientLogoutMigration: Migration = {
  name: '0015-client-logout',
  up: async (db) => {
    await db.schema.alterTable('clients').addColumn('backchannel_logout_uri', 'text').execute();
    await db.schema.alterTable('clients').addColumn('backchannel_logout_session_required', 'integer').execute();
  },
};

export const clientAdministrationMigration: Migration = {
  name: '0011-client-administration',
  up: async (db, kind) => {
    const { millis } = columns(kind);
    await db.schema.alterTable('clients').addColumn('first_party', 'integer').execute();
    await db.schema.alterTable('clients').addColumn('require_pkce', 'integer').execute();
    await db.schema.alterTable('clients').addColumn('revision', 'integer').execute();
    await db.schema.alterTable('clients').addColumn('secret_made_at', millis).execute();
    await db.schema.alterTable('clients').addColumn('previous_secret_hash', 'text').execute();
    await db.schema.alterTable('clients').addColumn('previous_secret_ends_at', millis).execute();
  },
};
