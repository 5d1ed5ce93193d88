import { basename } from 'node:path';
import { type Static, Type } from 'typebox';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { loadConfig } from '#infra/config/load-config.ts';
import { configInvalid } from '#infra/config/check-config.ts';
import { strictObject } from '#infra/config/schema.ts';
import { repeated } from '#infra/config/repeated.ts';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { LEAST_ITERATIONS, parsePasswordHash } from '#infra/secrets/password-hash.ts';

/** The realms in which a caller can be known; one that `order` leaves out is switched off. */
const REALMS = ['file', 'database', 'federation'] as const;
export type RealmName = (typeof REALMS)[number];

export const PLAINTEXT_PREFIX = '{plaintext}';

export const usernameSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^:\\x00-\\x1F\\x7F]+$',
  description: 'text without colon or control characters (RFC 7617 section 2)',
});
const tenant = Type.String({ minLength: 1, maxLength: 64, description: 'name of an existing tenant' });
const roles = Type.Array(Type.Enum(Object.keys(ROLE_SCOPES)), {
  minItems: 1,
  uniqueItems: true,
  description: 'roles; each grants its scopes',
});

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
  demo,
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
    file: strictObject(
      { users: Type.Array(fileUserSchema, { default: [], maxItems: 10_000, description: 'users that log in with HTTP Basic' }) },
      { default: {}, description: 'users that stand in this file' },
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

/** A hash that no log-in could be checked against. */
const passwordIssues = (users: readonly FileUser[]): FieldIssue[] =>
  users.flatMap(({ password }, index) => {
    try {
      parsePasswordHash(password);
      return [];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return [{ field: `/file/users/${index}/password`, message: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) }];
    }
  });

/**
 * Issues that no JSON Schema can find: names that stand there twice, password hashes that cannot be read, and certificates without a
 * tenant where they do not name it themselves.
 */
const realmsIssues = (config: RealmsConfig): readonly FieldIssue[] => {
  const { tenant_from: tenantFrom, clients } = config.certificates;
  return [
    ...repeated(
      config.file.users.map((user) => user.username),
      (index) => `/file/users/${index}/username`,
    ),
    ...passwordIssues(config.file.users),
    ...repeated(
      clients.map((client) => client.common_name),
      (index) => `/certificates/clients/${index}/common_name`,
    ),
    ...clients.flatMap((client, index): FieldIssue[] => {
      const field = `/certificates/clients/${index}/tenant`;
      if (tenantFrom === 'mapping' && client.tenant === undefined) return [{ field, message: 'is missing', fix: 'Name its tenant.' }];
      if (tenantFrom === 'uri-san' && client.tenant !== undefined)
        return [{ field, message: 'contradicts tenant_from: uri-san', fix: 'Remove it.' }];
      return [];
    }),
  ];
};

/** The same realms without the users and clients of the demo. */
export const withoutDemo = (config: RealmsConfig): RealmsConfig => ({
  ...config,
  file: { ...config.file, users: config.file.users.filter((user) => !user.demo) },
  certificates: { ...config.certificates, clients: config.certificates.clients.filter((client) => !client.demo) },
});

/**
 * Reads and checks realms.yml.
 *
 * @throws AppError `config-unreadable`, `config-invalid`
 */
export const loadRealms = async (file: string): Promise<RealmsConfig> => {
  const config = await loadConfig({ schema: realmsConfigSchema, files: [file], what: 'the realms file' });
  const fields = realmsIssues(config).map((issue) => ({ ...issue, field: `${basename(file)}#${issue.field}` }));
  if (fields.length > 0) throw configInvalid('the realms file', fields);
  return config;
};
