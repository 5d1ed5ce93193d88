import { type TSchema, Type } from 'typebox';
import { LABEL_NAME, MAX_LABEL_NAME, MAX_LABEL_VALUE } from '#infra/magic/key-words.ts';
import { nullable } from '#kms/api/schemas.ts';
import { MAX_LABELS } from './labels.ts';

const value = Type.String({ description: 'text without NUL characters', pattern: '^[^\\x00]*$', maxLength: MAX_LABEL_VALUE });

/** An object whose members have names of this form; OpenAPI and typebox know it alike. */
const named = <T>(members: TSchema, description: string) =>
  Type.Unsafe<Record<string, T>>({
    type: 'object',
    description,
    propertyNames: {
      description: 'letters, digits, dots, hyphens, underscores and slashes, a letter or digit first',
      pattern: LABEL_NAME,
      maxLength: MAX_LABEL_NAME,
    },
    maxProperties: MAX_LABELS,
    additionalProperties: members,
    examples: [{ env: 'prod' }],
  });

export const labelsSchema = named<string>(
  value,
  `Words of yours about the key, by name, at most ${MAX_LABELS}; scopes by label reach the key by them.`,
);

export const labelChangesSchema = nullable(
  named<string | null>(nullable(value), 'Labels to set, and with null to take away; the others stay (RFC 7396).'),
  { description: 'Labels to set, and with null to take away; the others stay. Null takes all away.' },
);

const label = Type.String({
  description: '`name:value`, or `name` for a label of any value',
  pattern: `${LABEL_NAME.slice(0, -1)}(:[^\\x00]*)?$`,
  maxLength: MAX_LABEL_NAME + 1 + MAX_LABEL_VALUE,
  examples: ['env:prod'],
});

/** Once, or several times: then a key has all of them. */
export const labelQuery = Type.Union([label, Type.Array(label, { maxItems: MAX_LABELS })], {
  description: 'A label that the keys have, as `name:value`, or as `name` for any value; given several times, they have all of them.',
});
