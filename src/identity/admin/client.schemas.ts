import { type TSchema, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { entityTagOf } from '#infra/http/request/entity-tag.ts';
import { nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { type AdministeredClient, CLIENT_SOURCES } from '#identity/clients/administration/client-administration.ts';
import { type ClientFields, clientFields, clientIdSchema, fieldsOfClient } from '#identity/clients/client-fields.ts';
import { passwordSchema, tenantIdSchema } from '#identity/fields.ts';

const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const dateTime = Type.String({ format: 'date-time' });

/** The fields of a client without their defaults; one that need not be there may be null. */
const withoutDefaults = Object.entries(clientFields).map(([name, field]: [string, TSchema & { readonly default?: unknown }]) => {
  const { default: _, ...rest } = field;
  const schema = Type.Unsafe<unknown>(rest);
  return { name, schema: Type.IsOptional(field) ? nullable(schema) : schema };
});

export const clientPath = strictObject({ client_id: clientIdSchema });

export const newClientBody = strictObject({
  client_id: clientIdSchema,
  secret: Type.Optional(
    Type.String({ ...passwordSchema, description: 'at least 12 characters; where it is absent, the server makes one and answers with it' }),
  ),
  tenant_id: Type.Optional(tenantIdSchema),
  ...clientFields,
});

/** Null takes back what need not be there; all that is absent stays. */
export type ClientChanges = { readonly [Name in keyof ClientFields]?: ClientFields[Name] | null };
export const clientChangesBody = Type.Unsafe<ClientChanges>(
  Type.Object(Object.fromEntries(withoutDefaults.map(({ name, schema }) => [name, Type.Optional(schema)])), {
    additionalProperties: false,
    minProperties: 1,
  }),
);

/** A client as an answer shows it: all its fields, null where it has nothing. */
export type ClientView = Record<keyof ClientFields, unknown> & {
  readonly client_id: string;
  readonly source: AdministeredClient['source'];
  readonly disabled: boolean;
  readonly tenant_id: string | null;
  readonly created_at: string | null;
  readonly secret: { readonly made_at: string; readonly previous_ends_at: string | null } | null;
};

const viewShape = {
  client_id: Type.String(),
  source: Type.Enum(CLIENT_SOURCES, { description: 'who says what it is; one of an operator alone can be changed here' }),
  disabled: Type.Boolean(),
  tenant_id: nullable(Type.String()),
  created_at: nullable(dateTime),
  secret: nullable(strictObject({ made_at: dateTime, previous_ends_at: nullable(dateTime) })),
  ...Object.fromEntries(withoutDefaults.map(({ name, schema }) => [name, schema])),
  // Of the configuration, also what an operator cannot give.
  token_endpoint_auth_method: Type.String(),
};
export const clientSchema = Type.Unsafe<ClientView>(strictObject(viewShape));
export const clientPageSchema = strictObject({ items: Type.Array(clientSchema), next_cursor: nextCursor });
export const listClientsQuery = strictObject(pageQuery);

/** The answer to a client that is made; the secret only where the server made it. */
export const newClientSchema = Type.Unsafe<ClientView & { readonly client_secret?: string; readonly warnings: readonly string[] }>(
  strictObject({ ...viewShape, client_secret: Type.Optional(Type.String()), warnings: Type.Array(Type.String()) }),
);

const WEEK_S = 7 * 86_400;
export const rotationBody = strictObject({
  overlap_seconds: Type.Integer({
    minimum: 0,
    maximum: WEEK_S,
    default: 3_600,
    description: 'how long the present secret is good, too; 0 ends it at once',
  }),
  replace_newest: Type.Boolean({
    default: false,
    description:
      'true while the secret before is good: the newest secret, which nobody uses yet, is replaced, and the one before stays good',
  }),
});
export const rotationSchema = strictObject({
  client_id: Type.String(),
  client_secret: Type.String(),
  previous_ends_at: nullable(dateTime),
});

const isoTime = (millis: number): string => new Date(millis).toISOString();

export const clientView = ({ client, source, disabled, createdAt, secret }: AdministeredClient): ClientView => {
  const fields: Record<string, unknown> = { ...fieldsOfClient(client) };
  return {
    client_id: client.clientId,
    source,
    disabled,
    tenant_id: client.tenantId,
    created_at: createdAt === null ? null : isoTime(createdAt),
    secret:
      secret === null
        ? null
        : { made_at: isoTime(secret.madeAt), previous_ends_at: secret.previousEndsAt === null ? null : isoTime(secret.previousEndsAt) },
    ...(Object.fromEntries(withoutDefaults.map(({ name }) => [name, fields[name] ?? null])) as Record<keyof ClientFields, unknown>),
  };
};

export const clientTag = (client: AdministeredClient): string => entityTagOf(clientView(client));
