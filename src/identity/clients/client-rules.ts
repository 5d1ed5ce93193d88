import type { FieldIssue } from '#infra/apperr/app-error.ts';
import type { ClientGrantType, ClientRecord } from './client.ts';

/** What the rules look at; names of fields are the caller's, for the issues. */
export interface RuledClient {
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
 * @param fields JSON pointers of the fields, as the reader knows them
 */
export const clientIssues = (
  { authMethod, grantTypes, redirectUris, scopes, hasTenant, hasSecret }: RuledClient,
  fields: { readonly secret: string; readonly tenant: string; readonly redirectUris: string; readonly grantTypes: string },
): readonly FieldIssue[] => {
  const isPublic = authMethod === 'none';
  return [
    ...(isPublic === !hasSecret
      ? []
      : [{ field: fields.secret, message: isPublic ? 'must be absent: a public client has none' : 'is missing' }]),
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
