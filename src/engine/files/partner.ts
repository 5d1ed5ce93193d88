import { KMS_CLIENT_ID, KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { Tree } from './delivered-config.ts';

// A demo has a second Identity for a while, the partner: another issuer for the KMS, with keys, database and secrets of its own. It is
// seeded like the first, so that nothing but the authority of the issuers tells their tokens apart.

/** The tenants for which the partner speaks; the first Identity speaks for all others. */
const TENANTS = ['demo-other'];

/**
 * The issuers of a KMS that knows the partner: the delivered one, which speaks for the other tenants now, and the partner. Nobody waits
 * for the partner: it runs for one step of a demo.
 *
 * @param partner.reachedAt where the KMS finds it; `issuer` is what its tokens say
 * @param partner.clientSecretFile as the KMS reads it
 */
export const withPartner = (
  delivered: Tree,
  partner: { readonly issuer: string; readonly reachedAt: string; readonly clientSecretFile: string },
): readonly Tree[] => {
  // People log in at the first.
  const { log_in: _inSwagger, browser_log_in: _atKms, ...rules } = delivered;
  const entry = {
    ...rules,
    name: 'partner',
    issuer: partner.issuer,
    jwks_uri: `${partner.reachedAt}/.well-known/jwks.json`,
    tenants: TENANTS,
    required: false,
    // Asked, and not told: whoever is told keeps a connection open to somebody who is hardly ever there.
    revocation: {
      mode: 'sensitive-only',
      client_id: KMS_CLIENT_ID,
      introspection_endpoint: `${partner.reachedAt}/oauth2/introspect`,
      client_secret_file: partner.clientSecretFile,
    },
  };
  return [{ ...delivered, tenants: 'others' }, entry];
};

/**
 * The configuration of the partner, laid over that of Identity. It sends no telemetry: two services of one name would be one there.
 *
 * @param options.directory of its database
 */
export const partnerIdentity = (options: {
  readonly issuer: string;
  readonly server: Tree;
  readonly admin: Tree;
  readonly directory: string;
  readonly secrets: { readonly cookieKeys: string; readonly clientSecret: string; readonly signingKeyEncryption: string };
  readonly tenantsFile: string;
}): Tree => {
  const { issuer, server, admin, directory, secrets, tenantsFile } = options;
  return {
    issuer,
    server,
    admin,
    // The KMS does not listen to it.
    feed: admin,
    database: { kind: 'sqlite', directory, durability: 'process' },
    secrets: { cookie_keys_file: secrets.cookieKeys, signing_key_encryption_file: secrets.signingKeyEncryption },
    service_clients: [{ client_id: KMS_CLIENT_ID, secret_file: secrets.clientSecret, may_introspect: [KMS_RESOURCE] }],
    demo: { tenants_file: tenantsFile },
  };
};
