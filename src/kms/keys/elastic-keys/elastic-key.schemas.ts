import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { KEY_NAME, MAX_KEY_NAME } from '#infra/magic/key-words.ts';
import { KEY_PURPOSES, OPERATIONS } from '#kms/jose/algorithm.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { AGREEMENT_CURVES } from '#kms/jose/families/ecdh-es.ts';
import { RSA_SIZES } from '#kms/jose/families/key-type.ts';
import { keyFactsOf } from './elastic-key.policy.ts';
import { ELASTIC_KEY_STATES, SETTABLE_STATES } from './elastic-key.states.ts';
import { ELASTIC_KEY_SORTS, type ElasticKey, ORIGINS } from './elastic-key.ts';
import { usageAnswer, usageFields, usageView } from './usage.schemas.ts';
import { labelChangesSchema, labelQuery, labelsSchema } from './label.schemas.ts';
import { isoOf, isoOrNull } from '#kms/api/fields.ts';
import { entityTagOf } from '#infra/http/request/entity-tag.ts';
import { nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { nullable, oneOf, timestamp, uuidV7 } from '#kms/api/schemas.ts';

const nameOf = (example: string, description: string) =>
  Type.String({ description, pattern: KEY_NAME, minLength: 1, maxLength: MAX_KEY_NAME, examples: [example] });

/** Path parameters of every route below an elastic key. An id is a name as far as its letters go. */
export const elasticKeyPath = strictObject({
  id: nameOf('01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47', 'the id of an elastic key, a UUIDv7, or its name'),
});

const nameForm = 'letters, digits, dots, hyphens and underscores, a letter or digit first, and not of the form of a UUID';
const name = nameOf('invoices', `${nameForm}; unique within the tenant`);
const description = Type.String({
  description: 'text without NUL characters, which no database holds',
  pattern: '^[^\\x00]*$',
  maxLength: 1024,
  examples: ['Encrypts the invoices of the web shop'],
});
const algorithm = Type.String({
  description:
    '`enc/alg` encrypts, an `alg` of JWE wraps, an `alg` of JWS signs; it fixes for good what the key does. `GET /algorithms` names all.',
  pattern: '^[A-Za-z0-9/+_:-]+$',
  minLength: 1,
  maxLength: 64,
  examples: ['A256GCM/A256KW'],
});
const keySize = Type.Integer({
  description: `Bits of an RSA key, ${RSA_SIZES[0]} by default: ${RSA_SIZES.toSorted((a, b) => a - b).join(', ')}.`,
  examples: [RSA_SIZES[0]],
});
const curve = Type.String({
  description: `The curve of a key of ECDH-ES, \`P-256\` by default: ${AGREEMENT_CURVES.join(', ')}. Other algorithms have one only.`,
  pattern: '^[A-Za-z0-9-]+$',
  minLength: 1,
  maxLength: 16,
  examples: [AGREEMENT_CURVES[0]],
});
const use = oneOf(KEY_PURPOSES, {
  title: 'KeyUse',
  description:
    'What the key is for, for good. By default that of its algorithm, and `sign`, JWS alone, for an `alg` of JWS; `sign-raw` signs bytes that are no JWS, and `mac` makes MACs of them (HS256, HS384, HS512).',
});
const state = oneOf(ELASTIC_KEY_STATES, {
  title: 'ElasticKeyState',
  description: 'Only an `active` key does anything; a `destroyed` one is a record without key material.',
});
const operations = Type.Array(oneOf(OPERATIONS, { title: 'Operation' }), {
  description: 'What the key may do: all that its algorithm can, or less.',
  uniqueItems: true,
  maxItems: OPERATIONS.length,
});
const expiresAt = nullable(timestamp('after which the key protects nothing; it still opens what it protected'));

export const createBody = strictObject(
  {
    name,
    description: Type.Optional(description),
    labels: Type.Optional(labelsSchema),
    algorithm,
    key_size: Type.Optional(keySize),
    curve: Type.Optional(curve),
    use: Type.Optional(use),
    operations: Type.Optional(operations),
    origin: Type.Optional(
      oneOf(ORIGINS, {
        title: 'KeyOrigin',
        description:
          '`external`: the key has no key material until it is imported, and the KMS makes no version of it. `kms` by default; fixed at creation.',
      }),
    ),
    exportable: Type.Optional(
      Type.Boolean({
        description: 'Whether its key material may leave the KMS, wrapped under the key of a recipient; fixed at creation.',
        default: false,
      }),
    ),
    ...usageFields,
    expires_at: Type.Optional(expiresAt),
  },
  {
    examples: [
      { name: 'invoices', description: 'Encrypts the invoices of the web shop', algorithm: 'A256GCM/A256KW', labels: { env: 'prod' } },
    ],
  },
);

export const changeBody = strictObject(
  {
    name: Type.Optional(name),
    description: Type.Optional(description),
    labels: Type.Optional(labelChangesSchema),
    state: Type.Optional(oneOf(SETTABLE_STATES, { description: 'A suspended key does nothing until it is active again.' })),
    operations: Type.Optional(operations),
    min_decryption_version: Type.Optional(
      Type.Integer({ description: 'Lower versions neither decrypt, unwrap nor verify.', minimum: 1, maximum: 2 ** 31 - 1 }),
    ),
    ...usageFields,
    expires_at: Type.Optional(expiresAt),
  },
  { minProperties: 1, examples: [{ state: 'suspended' }, { state: 'active' }, { min_decryption_version: 2 }] },
);

export const listQuery = strictObject({
  name: Type.Optional(nameOf('demo-encryption-key', nameForm)),
  algorithm: Type.Optional(algorithm),
  state: Type.Optional(state),
  label: Type.Optional(labelQuery),
  sort: Type.Optional(oneOf(ELASTIC_KEY_SORTS, { description: '`created_at` by default; `-` reverses the order.' })),
  ...pageQuery,
});

export const elasticKeySchema = Type.Object(
  {
    id: uuidV7('a UUIDv7'),
    name: Type.String(),
    description: Type.String(),
    labels: labelsSchema,
    algorithm: Type.String(),
    key_size: Type.Union([Type.Integer(), Type.Null()], { description: 'Bits of an RSA key; null for others.' }),
    curve: Type.Union([Type.String(), Type.Null()], { description: 'Null where the key is on none.' }),
    use: oneOf(KEY_PURPOSES, { title: 'KeyUse', description: 'Fixed at creation.' }),
    operations: Type.Array(oneOf(OPERATIONS, { title: 'Operation' })),
    state,
    origin: oneOf(ORIGINS, { title: 'KeyOrigin', description: 'Who makes its key material: the KMS, or others, who import it.' }),
    exportable: Type.Boolean({ description: 'Whether its key material may leave the KMS, wrapped.' }),
    latest_version: Type.Integer({ description: 'The version that protects; 0 while there is none.' }),
    min_decryption_version: Type.Integer(),
    created_at: Type.String(),
    ...usageAnswer,
    updated_at: Type.String(),
    expires_at: Type.Union([Type.String(), Type.Null()]),
    deletion_at: Type.Union([Type.String(), Type.Null()], { description: 'When a key that is `pending-deletion` will be destroyed.' }),
    destroyed_at: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'ElasticKey' },
);

export const elasticKeyPageSchema = Type.Object(
  { items: Type.Array(elasticKeySchema), next_cursor: nextCursor },
  { title: 'ElasticKeyPage' },
);

const keyFactsView = ({ algorithm: name }: ElasticKey) => {
  const { keySize: size, curve: on } = keyFactsOf(name);
  return { key_size: size, curve: on };
};

export const elasticKeyView = (key: ElasticKey) => ({
  id: key.id,
  name: key.name,
  description: key.description,
  labels: { ...key.labels },
  algorithm: algorithmOf(key.algorithm).base,
  ...keyFactsView(key),
  use: key.use,
  operations: [...key.operations],
  state: key.state,
  origin: key.origin,
  exportable: key.exportable,
  latest_version: key.latestVersion,
  min_decryption_version: key.minDecryptionVersion,
  created_at: isoOf(key.createdAt),
  ...usageView(key),
  updated_at: isoOf(key.updatedAt),
  expires_at: isoOrNull(key.expiresAt),
  deletion_at: isoOrNull(key.deletionDueAt),
  destroyed_at: isoOrNull(key.destroyedAt),
});

/** The validator of an elastic key as it is answered. */
export const elasticKeyTag = (key: ElasticKey): string => entityTagOf(elasticKeyView(key), key.revision);
