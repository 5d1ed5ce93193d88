import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { entityTagOf } from '#infra/http/request/entity-tag.ts';
import { DURATION, MAX_DURATION } from '#kms/api/duration.ts';
import { isoOf, isoOrNull } from '#kms/api/fields.ts';
import { nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { nullable, oneOf, timestamp, uuidV7 } from '#kms/api/schemas.ts';
import { labelChangesSchema, labelQuery, labelsSchema } from '#kms/keys/elastic-keys/label.schemas.ts';
import type { NewApiKey, UsedApiKey } from './api-key.service.ts';
import { API_KEY_STATES, type ApiKey, SETTABLE_API_KEY_STATES } from './credential/api-key.ts';

/** Seconds for which a secret may stay good beside its successor, and those where nothing is said. */
export const OVERLAP = { min: 0, max: 7 * 86_400, usual: 'PT1H' } as const;
const MAX_SCOPES = 64;

export const apiKeyPath = strictObject({ api_key_id: uuidV7('the id of an API key, a UUIDv7') });

const name = Type.String({
  description: 'text without control characters; several keys may have one name',
  pattern: '^[^\\x00-\\x1f\\x7f]+$',
  minLength: 1,
  maxLength: 128,
  examples: ['billing service'],
});
const scopes = Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', maxLength: 512 }), {
  description: 'What it may do, in coarse or fine scopes, for all keys or for some, and never more than the one who says so.',
  uniqueItems: true,
  minItems: 1,
  maxItems: MAX_SCOPES,
  examples: [['kms:encrypt', 'kms:decrypt']],
});
const state = oneOf(API_KEY_STATES, { title: 'ApiKeyState', description: 'Only an `active` key is taken; a `revoked` one stays so.' });
const expiresAt = timestamp('after which the key is refused');

export const createApiKeyBody = strictObject(
  { name, labels: Type.Optional(labelsSchema), scopes, expires_at: Type.Optional(expiresAt) },
  {
    title: 'CreateApiKeyRequest',
    examples: [{ name: 'billing service', scopes: ['kms:encrypt', 'kms:decrypt'], labels: { env: 'prod' } }],
  },
);

export const changeApiKeyBody = strictObject(
  {
    name: Type.Optional(name),
    labels: Type.Optional(labelChangesSchema),
    scopes: Type.Optional(scopes),
    state: Type.Optional(oneOf(SETTABLE_API_KEY_STATES, { description: 'A disabled key is refused until it is active again.' })),
    expires_at: Type.Optional(expiresAt),
  },
  { title: 'ChangeApiKeyRequest', minProperties: 1, examples: [{ state: 'disabled' }, { state: 'active' }] },
);

export const rotateApiKeyBody = strictObject(
  {
    overlap: Type.Optional(
      Type.String({
        description: `For how long the secret from before stays good, as an ISO 8601 duration up to P7D; \`${OVERLAP.usual}\` where absent, \`PT0S\` to end it at once.`,
        pattern: DURATION,
        maxLength: MAX_DURATION,
        examples: [OVERLAP.usual],
      }),
    ),
    expires_at: Type.Optional(expiresAt),
  },
  { title: 'RotateApiKeyRequest', examples: [{ overlap: OVERLAP.usual }] },
);

export const listApiKeysQuery = strictObject({
  name: Type.Optional(name),
  state: Type.Optional(state),
  label: Type.Optional(labelQuery),
  ...pageQuery,
});

const members = {
  id: uuidV7('a UUIDv7'),
  name: Type.String(),
  labels: labelsSchema,
  scopes: Type.Array(Type.String()),
  state,
  created_by: Type.String({ description: 'The `subject` of the one who made it.' }),
  created_at: Type.String(),
  updated_at: Type.String(),
  expires_at: Type.String(),
  rotated_at: nullable(Type.String()),
  revoked_at: nullable(Type.String()),
  previous_secret_until: nullable(Type.String(), {
    description: 'Until when the secret from before the last rotation is good; null where there is none.',
  }),
};

export const apiKeySchema = Type.Object(
  {
    ...members,
    last_used_at: nullable(Type.String(), { description: 'To about a minute; null where it was not used. It does not change the `ETag`.' }),
  },
  { title: 'ApiKey' },
);

export const newApiKeySchema = Type.Object(
  { ...members, key: Type.String({ description: 'The API key itself, `ptk_…`. Nobody is shown it again.' }) },
  { title: 'ApiKeyWithSecret' },
);

export const apiKeyPageSchema = Type.Object({ items: Type.Array(apiKeySchema), next_cursor: nextCursor }, { title: 'ApiKeyPage' });

const view = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  labels: { ...key.labels },
  scopes: [...key.scopes],
  state: key.state,
  created_by: key.createdBy,
  created_at: isoOf(key.createdAt),
  updated_at: isoOf(key.updatedAt),
  expires_at: isoOf(key.expiresAt),
  rotated_at: isoOrNull(key.rotatedAt),
  revoked_at: isoOrNull(key.revokedAt),
  previous_secret_until: isoOrNull(key.previous?.until ?? null),
});

export const apiKeyView = (key: UsedApiKey) => ({ ...view(key), last_used_at: isoOrNull(key.lastUsedAt) });
export const newApiKeyView = ({ apiKey, text }: NewApiKey) => ({ ...view(apiKey), key: text });

/** The validator of a key for changes: another for each of them, and the same whenever it was used last. */
export const apiKeyTag = (key: ApiKey): string => entityTagOf(view(key), key.revision);
