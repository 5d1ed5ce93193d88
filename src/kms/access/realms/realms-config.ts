import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { LEAST_ITERATIONS } from '#infra/secrets/password-hash.ts';
import { metadataSchema } from './user-metadata.ts';
import { displayNameSchema, emailSchema, enabledMeaning } from './user-profile.ts';
import { usernameSchema } from './username.ts';

/** The realms in which a caller can be known; one that `order` leaves out is switched off. */
const REALMS = ['file', 'database', 'federation'] as const;
export type RealmName = (typeof REALMS)[number];

export const PLAINTEXT_PREFIX = '{plaintext}';

const tenant = Type.String({ minLength: 1, maxLength: 64, description: 'name of an existing tenant' });

const ROLE_NAME = '^[a-z][a-z0-9]*(-[a-z0-9]+)*$';
export const roleNameSchema = Type.String({
  maxLength: 64,
  pattern: ROLE_NAME,
  description: 'lower-case letters, digits and single hyphens, a letter first',
});
const BUILT_IN = Object.keys(ROLE_SCOPES).join(', ');
const roles = Type.Array(roleNameSchema, {
  minItems: 1,
  maxItems: 32,
  uniqueItems: true,
  description: `roles, built in (${BUILT_IN}) or of \`roles\`; each grants its scopes`,
});

/** A moment of a user who stands in a file; whoever writes the file says it. */
const moment = (description: string) =>
  Type.Optional(Type.String({ maxLength: 64, pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$', description }));

const demo = Type.Boolean({ default: false, description: 'true: belongs to the demo, and counts only while the server runs with --demo' });

const fileUserSchema = strictObject({
  username: usernameSchema,
  password: Type.String({
    minLength: 1,
    maxLength: 1_200,
    description:
      'a hash as `passthru hash-password` prints it, a PBKDF2-HMAC-SHA256 hash of passlib, Django, Werkzeug or Spring Security as it is there, or {plaintext}<password> for a demo',
  }),
  tenant,
  roles,
  enabled: Type.Boolean({ default: true, description: enabledMeaning }),
  email: Type.Optional(emailSchema),
  display_name: Type.Optional(displayNameSchema),
  metadata: Type.Optional(metadataSchema),
  created_at: moment('when the user was made, in UTC (2031-01-31T12:00:00Z)'),
  updated_at: moment('when the user was changed last, in UTC'),
  password_changed_at: moment('when the password was set last, in UTC'),
  demo,
});

const roleSchema = strictObject({
  name: roleNameSchema,
  includes: Type.Array(roleNameSchema, {
    default: [],
    maxItems: 32,
    uniqueItems: true,
    description: 'roles whose scopes it grants as well, and what these include',
  }),
  scopes: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
    default: [],
    maxItems: 128,
    uniqueItems: true,
    description: 'scopes that it grants: a coarse one such as kms:crypto, or a fine one such as kms:encrypt',
  }),
  description: Type.Optional(Type.String({ maxLength: 512, description: 'what the role is for' })),
});

const federatedRoleSchema = strictObject({
  issuer: Type.String({ minLength: 1, maxLength: 512, description: 'an issuer of `identity.issuers` in kms.yml' }),
  role: Type.String({ minLength: 1, maxLength: 256, description: 'a word of the claim `roles` of its tokens' }),
  grants: Type.Array(roleNameSchema, {
    minItems: 1,
    maxItems: 32,
    uniqueItems: true,
    description: 'roles of the KMS whose scopes such a token has beside those that its `scope` names',
  }),
});

const clientSchema = strictObject({
  common_name: Type.String({ minLength: 1, maxLength: 64, description: 'common name of the certificate subject' }),
  tenant: Type.Optional(tenant),
  roles,
  demo,
});

/** The form of realms.yml; published as `realms.schema.json` beside it. */
export const realmsConfigSchema = strictObject(
  {
    order: Type.Array(Type.Enum(REALMS), {
      minItems: 1,
      uniqueItems: true,
      default: [...REALMS],
      description: 'realms in use, in the order in which they are asked; the first that knows a user name decides',
    }),
    password_hash: strictObject(
      {
        iterations: Type.Integer({
          minimum: LEAST_ITERATIONS,
          maximum: 10_000_000,
          default: 600_000,
          description: 'PBKDF2-HMAC-SHA256 rounds',
        }),
        salt_bytes: Type.Integer({ minimum: 16, maximum: 64, default: 32, description: 'length of the salt' }),
      },
      { default: {}, description: 'how new passwords are hashed, and the cost that is paid for unknown user names' },
    ),
    roles: Type.Array(roleSchema, {
      default: [],
      maxItems: 256,
      description: `roles beside those that are built in (${BUILT_IN}); one that bears the name of a built-in role takes its place`,
    }),
    user_metadata_schema: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: true,
          description:
            'a JSON Schema (draft 2020-12) that the metadata of every user has to satisfy; formats are not checked (default: every object will do)',
        },
      ),
    ),
    file: strictObject(
      { users: Type.Array(fileUserSchema, { default: [], maxItems: 10_000, description: 'users that log in with HTTP Basic' }) },
      { default: {}, description: 'users that stand in this file' },
    ),
    federation: strictObject(
      {
        roles: Type.Array(federatedRoleSchema, {
          default: [],
          maxItems: 1_000,
          description: 'what roles of an issuer are worth here; without an entry they grant nothing, and the `scope` of a token says all',
        }),
      },
      { default: {}, description: 'users of the configured issuers' },
    ),
    certificates: strictObject(
      {
        tenant_from: Type.Enum(['mapping', 'uri-san'], {
          default: 'mapping',
          description: 'where the tenant of a client certificate stands: in `clients` below, or in its URI SAN urn:passthru:tenant:<uuid>',
        }),
        clients: Type.Array(clientSchema, { default: [], maxItems: 10_000, description: 'services that show a client certificate' }),
      },
      { default: {}, description: 'client certificates, by common name' },
    ),
  },
  { title: 'passthru KMS realms', description: 'Users and client certificates that the KMS knows by itself' },
);

export type RealmsConfig = Static<typeof realmsConfigSchema>;
export type FileUser = RealmsConfig['file']['users'][number];

/** The same realms without the users and clients of the demo. */
export const withoutDemo = (config: RealmsConfig): RealmsConfig => ({
  ...config,
  file: { ...config.file, users: config.file.users.filter((user) => !user.demo) },
  certificates: { ...config.certificates, clients: config.certificates.clients.filter((client) => !client.demo) },
});
