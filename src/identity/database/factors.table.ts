import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** The app of an account that makes one-time codes. Times are epoch milliseconds. */
export interface TotpFactorRow {
  account_id: string;
  /** Under AES-256-GCM: 12 bytes IV, ciphertext, 16 bytes tag; account and sealed_by are its associated data. */
  sealed_secret: Uint8Array;
  /** Id of the key that it is sealed under. */
  sealed_by: string;
  created_at: number;
  /** Null until its first code was given. */
  confirmed_at: number | null;
  /** The newest step whose code was taken: it and all before it are used up. */
  last_step: number;
}

/** A recovery code of an account. */
export interface RecoveryCodeRow {
  account_id: string;
  /** SHA-256 of account and code, base64url. */
  code_hash: string;
  /** Epoch milliseconds; null while it is good. */
  used_at: number | null;
}

export interface FactorTables {
  totp_factors: TotpFactorRow;
  recovery_codes: RecoveryCodeRow;
}

/** All go with their account. */
export const secondFactorMigration: Migration = {
  name: '0020-second-factors',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('totp_factors')
      .addColumn('account_id', 'text', (column) => column.primaryKey().references('accounts.id').onDelete('cascade'))
      .addColumn('sealed_secret', type.bytes, (column) => column.notNull())
      .addColumn('sealed_by', 'text', (column) => column.notNull())
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .addColumn('confirmed_at', type.millis)
      .addColumn('last_step', type.millis, (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('recovery_codes')
      .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id').onDelete('cascade'))
      .addColumn('code_hash', 'text', (column) => column.notNull())
      .addColumn('used_at', type.millis)
      .addPrimaryKeyConstraint('recovery_codes_pk', ['account_id', 'code_hash'])
      .execute();
  },
};
