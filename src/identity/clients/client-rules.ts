import type { FieldIssue } from '#infra/apperr/app-error.ts';
import type { ClientGrantType, ClientRecord } from './client.ts';
import type { ClientSecurity } from './security/client-security.ts';
import { securityIssues } from './security/client-security.rules.ts';

/** What the rules look at; names of fields are the caller's, for the issues. */
export interface RuledClient extends ClientSecurity {
  readonly authMethod: ClientRecord['authMethod'];
  readonly grantTypes: readonly ClientGrantType[];
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly hasTenant: boolean;
  readonly hasSecret: boolean;
}

/**
 * Rules of clients beyond the form of each field: a secret exactly where the client has to prove one, a tenant where it acts for itself,
 * an address where a browser comes back, refresh tokens where it asks for access while its people are away.
 *
 * @param fields JSON pointers of the fields, as the reader knows them; `at` is that of the client
 */
export const clientIssues = (
  { authMethod, grantTypes, redirectUris, scopes, hasTenant, hasSecret, ...security }: RuledClient,
  fields: {
    readonly at: string;
    readonly secret: string;
    readonly tenant: string;
    readonly redirectUris: string;
    readonly grantTypes: string;
  },
): readonly FieldIssue[] => {
  const needsSecret = authMethod.startsWith('client_secret_');
  return [
    ...(needsSecret === hasSecret
      ? []
      : [
          {
            field: fields.secret,
            message: needsSecret
              ? 'is missing'
              : `must be absent: ${authMethod === 'none' ? 'a public client' : `a client with ${authMethod}`} has none`,
          },
        ]),
    ...securityIssues(authMethod, security).map((issue) => ({ ...issue, field: `${fields.at}/${issue.field}` })),
    ...(grantTypes.includes('client_credentials') && !hasTenant
      ? [{ field: fields.tenant, message: 'is missing: a client that acts for itself belongs to a tenant' }]
      : []),
    ...(grantTypes.includes('authorization_code') && redirectUris.length === 0
      ? [{ field: fields.redirectUris, message: 'is empty, yet the client uses authorization codes' }]
      : []),
    ...(scopes.includes('offline_access') && !grantTypes.includes('refresh_token')
      ? [{ field: fields.grantTypes, message: 'has no refresh_token, which the scope offline_access is for' }]
      : []),
  ];
};
