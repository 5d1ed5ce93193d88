import { basename } from 'node:path';
import { type Static, Type } from 'typebox';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { loadConfig, strictObject } from '#infra/config/load-config.ts';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { ALGORITHM_NAMES } from '#kms/crypto/algorithms.ts';

const nameSchema = Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'lower-case letters, digits and hyphens' });

const accountSchema = strictObject({
  username: nameSchema,
  password_hash: Type.String({
    pattern: '^\\$pbkdf2-sha256\\$i=[1-9][0-9]{0,7}\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+$',
    description: '$pbkdf2-sha256$i=<iterations>$<salt>$<hash>',
  }),
  tenant: nameSchema,
  roles: Type.Array(Type.Enum(Object.keys(ROLE_SCOPES)), { minItems: 1, uniqueItems: true }),
});

const elasticKeySchema = strictObject({
  name: nameSchema,
  tenant: nameSchema,
  algorithm: Type.Enum([...ALGORITHM_NAMES]),
  description: Type.String({ default: '', maxLength: 512 }),
});

/** What `demo-seed.yml` may say. */
const seedSchema = strictObject({
  tenants: Type.Array(nameSchema, { minItems: 1, maxItems: 64, uniqueItems: true }),
  accounts: Type.Array(accountSchema, { maxItems: 1_000 }),
  elastic_keys: Type.Array(elasticKeySchema, { maxItems: 1_000 }),
});

export type Seed = Static<typeof seedSchema>;
export type SeedElasticKey = Seed['elastic_keys'][number];

const duplicates = (names: readonly string[], field: (index: number) => string): FieldIssue[] =>
  names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ field: field(index), message: `repeats ${name}`, fix: 'Give each its own name.' }],
  );

/** What a schema cannot say: names once, and tenants that exist. */
const contradictions = (seed: Seed): FieldIssue[] => {
  const strangers = (kind: 'accounts' | 'elastic_keys'): FieldIssue[] =>
    seed[kind].flatMap(({ tenant }, index) =>
      seed.tenants.includes(tenant)
        ? []
        : [{ field: `/${kind}/${index}/tenant`, message: `names the tenant ${tenant}, which is not in /tenants` }],
    );
  return [
    ...duplicates(
      seed.accounts.map((account) => account.username),
      (index) => `/accounts/${index}/username`,
    ),
    ...duplicates(
      seed.elastic_keys.map((key) => `${key.name} of ${key.tenant}`),
      (index) => `/elastic_keys/${index}/name`,
    ),
    ...strangers('accounts'),
    ...strangers('elastic_keys'),
  ];
};

/** @throws AppError `config-unreadable`, or `config-invalid` that names every wrong field */
export const loadSeed = async (file: string): Promise<Seed> => {
  const seed = await loadConfig({ schema: seedSchema, files: [file], what: 'KMS demo seed' });
  const fields = contradictions(seed).map((issue) => ({ ...issue, field: `${basename(file)}#${issue.field}` }));
  if (fields.length === 0) return seed;
  const list = fields.map((issue) => `${issue.field}: ${issue.message}`).join('; ');
  throw new AppError('config-invalid', 400, `KMS demo seed is not valid: ${list}`, {
    fields,
    fix: 'Correct the named fields and start again.',
  });
};
