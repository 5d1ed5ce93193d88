import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { entityTagOf } from '#infra/http/request/entity-tag.ts';
import { fieldInvalid, isoOf } from '#kms/api/fields.ts';
import { nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { nullable, oneOf, timestamp, uuidV7 } from '#kms/api/schemas.ts';
import { elasticKeyPath } from '../elastic-keys/elastic-key.schemas.ts';
import { type ContextRule, type Grant, GRANTED_OPERATIONS, GRANTER_KINDS, type Principal, PRINCIPAL_KINDS } from './grant.ts';

export const grantPath = strictObject({ ...elasticKeyPath.properties, grant: uuidV7('the id of a grant, a UUIDv7') });
export const grantsQuery = strictObject(pageQuery);

const name = (description: string, example: string) =>
  Type.String({ description, minLength: 1, maxLength: 512, pattern: '^[^\\x00-\\x1f\\x7f]+$', examples: [example] });

const kind = oneOf(PRINCIPAL_KINDS, {
  title: 'PrincipalKind',
  description: 'By what the principal is known: a token of an issuer, a user of a realm, a client certificate, an API key.',
});
const subject = name(
  'the `subject` as the audit shows it: `sub`, id of a realm user, common name of a certificate, id of an API key',
  'file:demo-user',
);

const granteeSchema = strictObject(
  { kind, issuer: Type.Optional(name('the `iss` of the tokens, for the kind `token`', 'https://localhost:8082')), subject },
  { title: 'Grantee', description: 'Somebody of this tenant.' },
);
const principalSchema = Type.Object({ kind, issuer: nullable(Type.String()), subject: Type.String() }, { title: 'Principal' });
const granterSchema = Type.Object(
  {
    kind: oneOf(GRANTER_KINDS, { title: 'GranterKind', description: '`service`: the KMS itself, for examples of a demo.' }),
    issuer: nullable(Type.String()),
    subject: Type.String(),
  },
  { title: 'Granter' },
);

const operations = Type.Array(
  oneOf(GRANTED_OPERATIONS, { title: 'GrantedOperation', description: '`sign` and `verify` are `sign-raw` and `verify-raw`, too.' }),
  { minItems: 1, uniqueItems: true, maxItems: GRANTED_OPERATIONS.length, description: 'What the grantee may do with the key.' },
);

const contextText = (description: string) =>
  Type.Optional(Type.String({ description, minLength: 1, maxLength: 4096, pattern: '^[^\\x00]+$', examples: ['invoice=2031-0042'] }));
const contextSchema = strictObject(
  {
    equals: contextText('text that the context of each use must be'),
    contains: contextText(
      'text that must be one part of the context of each use, as parts stand between commas, semicolons, ampersands and spaces',
    ),
  },
  { minProperties: 1, maxProperties: 1, title: 'GrantContext', description: 'What the context of each use must be; without it, any.' },
);

export const grantBody = strictObject(
  {
    grantee: granteeSchema,
    operations,
    context: Type.Optional(nullable(contextSchema)),
    expires_at: timestamp('after which the grant gives nothing, within 366 days'),
  },
  {
    title: 'CreateGrantRequest',
    examples: [
      {
        grantee: { kind: 'realm-user', subject: 'file:demo-user' },
        operations: ['decrypt'],
        context: { equals: 'invoice=2031-0042' },
        expires_at: '2031-01-01T00:00:00.000Z',
      },
    ],
  },
);

export const grantSchema = Type.Object(
  {
    id: uuidV7('a UUIDv7'),
    elastic_key_id: uuidV7('the elastic key, a UUIDv7'),
    grantee: principalSchema,
    operations,
    context: nullable(contextSchema, { description: 'Null: any context, and none.' }),
    created_at: Type.String(),
    expires_at: Type.String(),
    granted_by: granterSchema,
  },
  { title: 'Grant' },
);

export const grantPageSchema = Type.Object({ items: Type.Array(grantSchema), next_cursor: nextCursor }, { title: 'GrantPage' });

export const granteeOfBody = ({ issuer, ...rest }: Static<typeof granteeSchema>): Principal => ({ ...rest, issuer: issuer ?? null });

/** @throws AppError `context-rule` 400 */
export const contextOfBody = (given: Static<typeof contextSchema> | null | undefined): ContextRule | null => {
  if (given === undefined || given === null) return null;
  const { equals, contains } = given;
  if (equals !== undefined && contains === undefined) return { rule: 'equals', value: equals };
  if (contains !== undefined && equals === undefined) return { rule: 'contains', value: contains };
  throw fieldInvalid('context-rule', '/context', 'names not exactly one of `equals` and `contains`', 'Give one of them.');
};

export const grantView = (grant: Grant) => ({
  id: grant.id,
  elastic_key_id: grant.elasticKeyId,
  grantee: { ...grant.grantee },
  operations: [...grant.operations],
  context: grant.context && { [grant.context.rule]: grant.context.value },
  created_at: isoOf(grant.createdAt),
  expires_at: isoOf(grant.expiresAt),
  granted_by: { ...grant.grantedBy },
});

/** The validator of a grant as it is answered. */
export const grantTag = (grant: Grant): string => entityTagOf(grantView(grant));
