import { sql } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** Times are milliseconds since the epoch; at most one row of an algorithm is `published` and at most one `active`. */
export interface SigningKeyRow {
  /** UUIDv7. */
  kid: string;
  alg: string;
  state: string;
  /** The private JWK under AES-256-GCM: 12 bytes IV, ciphertext, 16 bytes tag; kid, alg, state and sealed_by are its associated data. */
  sealed_key: Uint8Array;
  /** Id of the key that it is sealed under; null in a row from before 0007, whose associated data are kid and alg. */
  sealed_by: string | null;
  published_at: number;
  activated_at: number | null;
  retired_at: number | null;
}

export interface SigningKeyTables {
  signing_keys: SigningKeyRow;
}

export const signingKeyMigration: Migration = {
  name: '0005-signing-keys',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('signing_keys')
      .addColumn('kid', 'text', (column) => column.primaryKey())
      .addColumn('alg', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('sealed_key', type.bytes, (column) => column.notNull())
      .addColumn('published_at', type.millis, (column) => column.notNull())
      .addColumn('activated_at', type.millis)
      .addColumn('retired_at', type.millis)
      .execute();
    for (const state of ['published', 'active']) {
      await db.schema
        .createIndex(`signing_keys_one_${state}`)
        .unique()
        .on('signing_keys')
        .column('state')
        .where('state', '=', sql.lit(state))
        .execute();
    }
  },
};

export const signingKeyEncryptionMigration: Migration = {
  name: '0007-signing-key-encryption',
  up: async (db) => {
    await db.schema.alterTable('signing_keys').addColumn('sealed_by', 'text').execute();
  },
};

export const signingKeyAlgorithmMigration: Migration = {
  name: '0021-signing-key-algorithms',
  up: async (db) => {
    for (const state of ['published', 'active']) {
      await db.schema.dropIndex(`signing_keys_one_${state}`).execute();
      await db.schema
        .createIndex(`signing_keys_one_${state}`)
        .unique()
        .on('signing_keys')
        .column('alg')
        .where(sql.ref('state'), '=', sql.lit(state))
        .execute();
    }
  },
};
