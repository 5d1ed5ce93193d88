import { type Static, Type } from 'typebox';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import { repeated } from '#infra/config/repeated.ts';
import { demoNameSchema, loadSeedFile, seedHashSchema, strangers } from '#infra/demo-data/seed-checks.ts';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { KEY_PURPOSES } from '#kms/jose/algorithm.ts';
import { VARIANTS } from '#kms/jose/algorithms.ts';
import { ORIGINS } from '#kms/keys/elastic-keys/elastic-key.ts';

const accountSchema = strictObject({
  username: demoNameSchema,
  password_hash: seedHashSchema,
  tenant: demoNameSchema,
  roles: Type.Array(Type.Enum(Object.keys(ROLE_SCOPES)), { minItems: 1, uniqueItems: true }),
});

const elasticKeySchema = strictObject({
  name: demoNameSchema,
  tenant: demoNameSchema,
  algorithm: Type.Enum([...VARIANTS.keys()]),
  use: Type.Optional(Type.Enum([...KEY_PURPOSES], { description: 'by default the first of the algorithm' })),
  description: Type.String({ default: '', maxLength: 512 }),
  origin: Type.Optional(Type.Enum([...ORIGINS])),
  exportable: Type.Optional(Type.Boolean()),
  may_change: Type.Optional(
    Type.Boolean({ description: 'suspended, revoked or deleted, it is as it was seeded: the examples of the API do that' }),
  ),
});

/** The content of `demo-seed.yml`. */
export const seedSchema = strictObject({
  tenants: Type.Array(demoNameSchema, { minItems: 1, maxItems: 64, uniqueItems: true }),
  accounts: Type.Array(accountSchema, { maxItems: 1_000 }),
  elastic_keys: Type.Array(elasticKeySchema, { maxItems: 1_000 }),
});

export type Seed = Static<typeof seedSchema>;
export type SeedElasticKey = Seed['elastic_keys'][number];

/** Rules beyond the schema: names once, and tenants that exist. */
const contradictions = ({ tenants, accounts, elastic_keys: keys }: Seed): FieldIssue[] => [
  ...repeated(
    accounts.map((account) => account.username),
    (index) => `/accounts/${index}/username`,
  ),
  ...repeated(
    keys.map((key) => `${key.name} of ${key.tenant}`),
    (index) => `/elastic_keys/${index}/name`,
  ),
  ...strangers(tenants, accounts, (index) => `/accounts/${index}/tenant`),
  ...strangers(tenants, keys, (index) => `/elastic_keys/${index}/tenant`),
];

/** @throws AppError `config-unreadable`, or `config-invalid` that names every wrong field */
export const loadSeed = (file: string): Promise<Seed> => loadSeedFile({ file, what: 'KMS demo seed', schema: seedSchema, contradictions });
