import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** One state of the provider: session, interaction, grant, code or token. Times are milliseconds since the epoch. */
export interface PayloadRow {
  /** SHA-256 of model and id, base64url: for an opaque token the id is the token itself, and a dump must not hold it. */
  id_hash: string;
  model: string;
  /** `id_hash` of the grant: the family that is revoked together. */
  grant_hash: string | null;
  uid_hash: string | null;
  user_code_hash: string | null;
  account_id: string | null;
  client_id: string | null;
  /** JSON without the id. */
  payload: string;
  expires_at: number | null;
  consumed_at: number | null;
  /** `id_hash` of what a refresh token that was used was replaced by. */
  successor_hash: string | null;
  /** When it was first written; 0 for what was there before times were kept. */
  created_at: number;
}

/** A JWT access token that was revoked before its end. */
export interface RevokedTokenRow {
  jti: string;
  /** Milliseconds since the epoch; the token is dead by itself after it, and the row is swept. */
  expires_at: number;
}

export interface PayloadTables {
  oidc_payloads: PayloadRow;
  revoked_tokens: RevokedTokenRow;
}

const INDEXED = ['grant_hash', 'uid_hash', 'user_code_hash', 'account_id', 'client_id', 'expires_at'] as const;

export const payloadMigration: Migration = {
  name: '0004-provider-payloads',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('oidc_payloads')
      .addColumn('id_hash', 'text', (column) => column.primaryKey())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('grant_hash', 'text')
      .addColumn('uid_hash', 'text')
      .addColumn('user_code_hash', 'text')
      .addColumn('account_id', 'text')
      .addColumn('client_id', 'text')
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('expires_at', type.millis)
      .addColumn('consumed_at', type.millis)
      .execute();
    for (const column of INDEXED) {
      await db.schema.createIndex(`oidc_payloads_${column}`).on('oidc_payloads').column(column).execute();
    }
    await db.schema
      .createTable('revoked_tokens')
      .addColumn('jti', 'text', (column) => column.primaryKey())
      .addColumn('expires_at', type.millis, (column) => column.notNull())
      .execute();
    await db.schema.createIndex('revoked_tokens_expires_at').on('revoked_tokens').column('expires_at').execute();
  },
};

export const payloadTimeMigration: Migration = {
  name: '0006-provider-payload-times',
  up: async (db, kind) => {
    await db.schema
      .alterTable('oidc_payloads')
      .addColumn('created_at', columns(kind).millis, (column) => column.notNull().defaultTo(0))
      .execute();
  },
};

export const successorMigration: Migration = {
  name: '0014-refresh-successors',
  up: async (db) => {
    await db.schema.alterTable('oidc_payloads').addColumn('successor_hash', 'text').execute();
  },
};
