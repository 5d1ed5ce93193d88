import { type Static, Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import { repeated } from '#infra/config/repeated.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { clientFields, clientOfFields } from '#identity/clients/client-fields.ts';
import { clientIssues } from '#identity/clients/client-rules.ts';
import { demoNameSchema, loadSeedFile, seedHashSchema, strangers } from '#infra/demo-data/seed-checks.ts';

const scopeSchema = Type.String({ pattern: '^[a-z][A-Za-z0-9:._/=%~-]*$', maxLength: 512 });
const listOf = <T extends Parameters<typeof Type.Array>[0]>(items: T) => Type.Array(items, { uniqueItems: true, default: [] });

const accountSchema = strictObject({
  username: demoNameSchema,
  password_hash: seedHashSchema,
  public_password: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: 'the password itself, which the pages of the demo show; it fits the hash' }),
  ),
  totp_secret: Type.Optional(
    Type.String({
      pattern: '^[A-Z2-7]{32}$',
      description: 'secret of an app for one-time codes: 160 bits as base32; public, as all of a seed',
    }),
  ),
  name: Type.String({ minLength: 1, maxLength: 128 }),
  email: Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', maxLength: 254 }),
  tenant: demoNameSchema,
  roles: listOf(demoNameSchema),
  permissions: listOf(scopeSchema),
});

const clientSchema = strictObject({
  client_id: demoNameSchema,
  secret_hash: Type.Optional(seedHashSchema),
  tenant: Type.Optional(demoNameSchema),
  ...clientFields,
});

/** The content of `demo-seed.yml`. */
export const seedSchema = strictObject({
  tenants: Type.Array(demoNameSchema, { minItems: 1, uniqueItems: true }),
  accounts: Type.Array(accountSchema),
  clients: Type.Array(clientSchema),
});

export type Seed = Static<typeof seedSchema>;

/** A client of the seed as the provider knows it. @param tenantId of its tenant; null where it has none */
export const seedClient = ({ client_id: clientId, ...fields }: Seed['clients'][number], tenantId: string | null): ClientRecord =>
  clientOfFields({ clientId, tenantId }, fields);

/** Rules beyond the schema: names once, tenants that exist, a secret exactly where the client has to prove one. */
const contradictions = (seed: Seed): FieldIssue[] => [
  ...repeated(
    seed.accounts.map((account) => account.username),
    (index) => `/accounts/${index}/username`,
  ),
  ...repeated(
    seed.clients.map((client) => client.client_id),
    (index) => `/clients/${index}/client_id`,
  ),
  ...strangers(seed.tenants, seed.accounts, (index) => `/accounts/${index}/tenant`),
  ...strangers(seed.tenants, seed.clients, (index) => `/clients/${index}/tenant`),
  ...seed.clients.flatMap((client, index) =>
    clientIssues(seedClient(client, client.tenant ?? null), {
      hasSecret: client.secret_hash !== undefined,
      pointer: (field) => `/clients/${index}/${field === 'secret' ? 'secret_hash' : field}`,
    }),
  ),
];

/** An issue for every scope of a client that no resource server has. */
const unknownScopes = ({ clients }: Seed, isKnown: (scope: string) => boolean): FieldIssue[] =>
  clients.flatMap(({ scopes }, client) =>
    scopes.flatMap((scope, index) =>
      isKnown(scope)
        ? []
        : [
            {
              field: `/clients/${client}/scopes/${index}`,
              message: `is ${scope}, which no resource server defines`,
              fix: 'Use scopes of resource_servers in the configuration of Identity, or of OpenID Connect.',
            },
          ],
    ),
  );

/**
 * @param isKnownScope whether it is one of OpenID Connect or of a resource server
 * @throws AppError `config-unreadable`, or `config-invalid` that names every wrong field
 */
export const loadSeed = (file: string, isKnownScope: (scope: string) => boolean): Promise<Seed> =>
  loadSeedFile({
    file,
    what: 'Identity demo seed',
    schema: seedSchema,
    contradictions: (seed) => [...contradictions(seed), ...unknownScopes(seed, isKnownScope)],
  });
