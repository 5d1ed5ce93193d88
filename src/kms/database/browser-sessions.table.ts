import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** Somebody who logged in with a browser. Times are epoch milliseconds. */
export interface BrowserSessionRow extends RowTag {
  /** HMAC-SHA-256 of the cookie as base64url: the database holds nothing that a browser could show. */
  id: string;
  /** UUIDv4. */
  tenant_id: string;
  /** The issuer at which he logged in; null for a user of a realm. */
  issuer: string | null;
  subject: string;
  username: string | null;
  /** JSON arrays, as the issuer granted them; null for a user of a realm, whose realm says them at each look. */
  roles: string | null;
  scopes: string | null;
  /** As `scopes`; null also where the issuer narrows them by nothing. */
  permissions: string | null;
  /** Keyed hash, another one with each other password; null for a user of an issuer. */
  password_mark: string | null;
  /** Refresh token of the issuer, encrypted; null for a user of a realm. */
  refresh_token: string | null;
  /** Of the grant under which the issuer lets the KMS act, as its access tokens name it; null where they do not. */
  grant_id: string | null;
  created_at: number;
  /** Written now and then. */
  last_used_at: number;
  /** The end, however often it is used. */
  expires_at: number;
}

/** By the grant a session is known in the feed of revocations. */
export const addBrowserSessionGrant: Migration = {
  name: '0013-browser-session-grant',
  up: async (db) => {
    await db.schema.alterTable('kms_browser_sessions').addColumn('grant_id', 'text').execute();
  },
};

/** One index serves the limit of sessions of a user, the other the removal of those that are over. */
export const createBrowserSessions: Migration = {
  name: '0012-browser-sessions',
  up: async (db, kind) => {
    const { millis } = columns(kind);
    await db.schema
      .createTable('kms_browser_sessions')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('issuer', 'text')
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('username', 'text')
      .addColumn('roles', 'text')
      .addColumn('scopes', 'text')
      .addColumn('permissions', 'text')
      .addColumn('password_mark', 'text')
      .addColumn('refresh_token', 'text')
      .addColumn('created_at', millis, (column) => column.notNull())
      .addColumn('last_used_at', millis, (column) => column.notNull())
      .addColumn('expires_at', millis, (column) => column.notNull())
      .addColumn('row_revision', 'integer', (column) => column.notNull())
      .addColumn('row_tag', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('kms_browser_sessions_by_subject').on('kms_browser_sessions').column('subject').execute();
    await db.schema.createIndex('kms_browser_sessions_by_end').on('kms_browser_sessions').column('expires_at').execute();
  },
};
