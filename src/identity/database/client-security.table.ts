import type { Migration } from '#infra/database/migration.ts';

/** The columns of a client that are about its security; null where it registered nothing. */
export interface ClientSecurityRow {
  /** A JWK Set of public keys, as JSON text. */
  jwks: string | null;
  jwks_uri: string | null;
  tls_client_auth_subject_dn: string | null;
  tls_client_auth_san_dns: string | null;
  tls_client_auth_san_uri: string | null;
  tls_client_auth_san_email: string | null;
  tls_client_auth_san_ip: string | null;
  /** 1 for a client whose authorization requests have to be pushed. */
  require_par: number | null;
  /** By which what is signed for it is signed; null for ES256. */
  id_token_alg: string | null;
  introspection_alg: string | null;
  /** 0 for a client whose refresh tokens stay the same. */
  rotate_refresh_tokens: number | null;
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

export const clientCertificatesMigration: Migration = {
  name: '0018-client-certificates',
  up: async (db) => {
    for (const name of ['subject_dn', 'san_dns', 'san_uri', 'san_email', 'san_ip'])
      await db.schema.alterTable('clients').addColumn(`tls_client_auth_${name}`, 'text').execute();
  },
};

export const clientAlgorithmsMigration: Migration = {
  name: '0022-client-algorithms',
  up: async (db) => {
    await db.schema.alterTable('clients').addColumn('id_token_alg', 'text').execute();
    await db.schema.alterTable('clients').addColumn('introspection_alg', 'text').execute();
  },
};

export const clientRefreshTokensMigration: Migration = {
  name: '0024-client-refresh-tokens',
  up: async (db) => {
    await db.schema.alterTable('clients').addColumn('rotate_refresh_tokens', 'integer').execute();
  },
};
