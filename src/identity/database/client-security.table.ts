import type { Migration } from '#infra/database/migration.ts';

/** The columns of a client that are about its security; null where it registered nothing. */
export interface ClientSecurityRow {
  /** A JWK Set of public keys, as JSON text. */
  jwks: string | null;
  jwks_uri: string | null;
  /** 1 for a client whose authorization requests have to be pushed. */
  require_par: number | null;
}

export const clientPushedRequestsMigration: Migration = {
  name: '0012-client-pushed-requests',
  up: async (db) => {
    await db.schema.alterTable('clients').addColumn('require_par', 'integer').execute();
  },
};

export const clientKeysMigration: Migration = {
  name: '0017-client-keys',
  up: async (db) => {
    await db.schema.alterTable('clients').addColumn('jwks', 'text').execute();
    await db.schema.alterTable('clients').addColumn('jwks_uri', 'text').execute();
  },
};
