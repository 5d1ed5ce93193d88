import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { loadConfig } from '#infra/config/load-config.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** The part of Identity's seed that a user of the demo may know; the server checks the rest of the file. */
const identitySeedSchema = Type.Object({
  tenants: Type.Array(Type.String()),
  accounts: Type.Array(
    Type.Object({
      username: Type.String(),
      tenant: Type.String(),
      roles: Type.Array(Type.String(), { default: [] }),
      totp_secret: Type.Optional(Type.String()),
    }),
  ),
  clients: Type.Array(
    Type.Object({
      client_id: Type.String(),
      token_endpoint_auth_method: Type.String(),
      grant_types: Type.Array(Type.String()),
      redirect_uris: Type.Array(Type.String(), { default: [] }),
      scopes: Type.Array(Type.String(), { default: [] }),
      tenant: Type.Optional(Type.String()),
      token_binding: Type.Optional(Type.String()),
    }),
  ),
});
export type IdentitySeed = Static<typeof identitySeedSchema>;

const seedFile = (product: 'identity' | 'kms'): string => join(PACKAGE_ROOT, 'deployments', product, 'config/demo-seed.yml');

export const readIdentitySeed = (): Promise<IdentitySeed> =>
  loadConfig({ schema: identitySeedSchema, files: [seedFile('identity')], what: 'Identity demo seed' });

/** The part of the KMS's seed that a user of the demo may know. */
const kmsSeedSchema = Type.Object({
  tenants: Type.Array(Type.String()),
  accounts: Type.Array(Type.Object({ username: Type.String(), tenant: Type.String(), roles: Type.Array(Type.String(), { default: [] }) })),
  elastic_keys: Type.Array(
    Type.Object({
      name: Type.String(),
      tenant: Type.String(),
      algorithm: Type.String(),
      origin: Type.Optional(Type.String()),
      may_change: Type.Optional(Type.Boolean()),
    }),
  ),
});
export type KmsSeed = Static<typeof kmsSeedSchema>;

export const readKmsSeed = (): Promise<KmsSeed> => loadConfig({ schema: kmsSeedSchema, files: [seedFile('kms')], what: 'KMS demo seed' });
