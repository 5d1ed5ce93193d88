import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { repeated } from '#infra/config/repeated.ts';
import { parsePasswordHash } from '#infra/secrets/password-hash.ts';
import { createRoles, roleIssues, type Roles, unknownRoles } from '../roles.ts';
import type { FileUser, RealmsConfig } from './realms-config.ts';
import { metadataCheckOf, type UserMetadata } from './user-metadata.ts';
import { usernameFault } from './username.ts';

/** A hash that no log-in could be checked against. */
const passwordIssues = ({ password }: FileUser, field: string): readonly FieldIssue[] => {
  try {
    parsePasswordHash(password);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ field, message: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) }];
  }
};

const usernameIssues = ({ username }: FileUser, field: string): readonly FieldIssue[] => {
  const fault = usernameFault(username);
  return fault === null ? [] : [{ field, ...fault }];
};

const userIssues = ({ file, user_metadata_schema: schema }: RealmsConfig, roles: Roles): readonly FieldIssue[] => {
  const check = metadataCheckOf(schema);
  const wrong = 'wrong' in check ? check.wrong : null;
  return [
    ...(wrong === null ? [] : [{ field: '/user_metadata_schema', message: `is no JSON Schema of draft 2020-12: ${wrong}` }]),
    ...repeated(
      file.users.map(({ username }) => username),
      (index) => `/file/users/${index}/username`,
    ),
    ...file.users.flatMap((user, index) => {
      const at = `/file/users/${index}`;
      const metadata = user.metadata === undefined || 'wrong' in check ? [] : check(user.metadata as UserMetadata);
      return [
        ...usernameIssues(user, `${at}/username`),
        ...passwordIssues(user, `${at}/password`),
        ...unknownRoles(user.roles, roles, (each) => `${at}/roles/${each}`),
        ...metadata.map((issue) => ({ ...issue, field: `${at}/metadata${issue.field}` })),
      ];
    }),
  ];
};

const certificateIssues = ({ certificates }: RealmsConfig, roles: Roles): readonly FieldIssue[] => {
  const { tenant_from: tenantFrom, clients } = certificates;
  return [
    ...repeated(
      clients.map((client) => client.common_name),
      (index) => `/certificates/clients/${index}/common_name`,
    ),
    ...clients.flatMap((client, index): readonly FieldIssue[] => {
      const at = `/certificates/clients/${index}`;
      const field = `${at}/tenant`;
      const ofRoles = unknownRoles(client.roles, roles, (each) => `${at}/roles/${each}`);
      if (tenantFrom === 'mapping' && client.tenant === undefined)
        return [{ field, message: 'is missing', fix: 'Name its tenant.' }, ...ofRoles];
      if (tenantFrom === 'uri-san' && client.tenant !== undefined)
        return [{ field, message: 'contradicts tenant_from: uri-san', fix: 'Remove it.' }, ...ofRoles];
      return ofRoles;
    }),
  ];
};

const federationIssues = ({ federation }: RealmsConfig, roles: Roles, issuers: readonly string[] | null): readonly FieldIssue[] =>
  federation.roles.flatMap(({ issuer, grants }, index) => {
    const at = `/federation/roles/${index}`;
    const isUnknown = issuers !== null && !issuers.includes(issuer);
    return [
      ...(isUnknown
        ? [{ field: `${at}/issuer`, message: 'is no issuer of identity.issuers', fix: 'Write it as kms.yml does, or remove the entry.' }]
        : []),
      ...unknownRoles(grants, roles, (each) => `${at}/grants/${each}`),
    ];
  });

/**
 * Issues of realms.yml that no JSON Schema can find: names that stand there twice or do not exist, roles in a circle, password hashes that
 * cannot be read, metadata that its own schema refuses, and certificates without a tenant where they do not name it themselves.
 *
 * @param issuers that the KMS is configured with; null where that is not known
 */
export const realmsIssues = (config: RealmsConfig, issuers: readonly string[] | null): readonly FieldIssue[] => {
  const wrongRoles = [
    ...repeated(
      config.roles.map(({ name }) => name),
      (index) => `/roles/${index}/name`,
    ),
    ...roleIssues(config.roles, '/roles'),
  ];
  const roles = createRoles(config.roles);
  return [...wrongRoles, ...userIssues(config, roles), ...certificateIssues(config, roles), ...federationIssues(config, roles, issuers)];
};
