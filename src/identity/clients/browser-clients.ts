import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { ClientRecord } from './client.ts';

/**
 * An application of the stack that runs in a browser: a public client, from the configuration and not from the database. Its people come
 * back to one of its addresses, and scripts of those origins may ask for tokens and read the answers.
 *
 * @see RFC 9700, https://www.ietf.org/archive/id/draft-ietf-oauth-browser-based-apps-26.html section 6.3
 */
export const browserClientSchema = strictObject({
  client_id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'a client id of lower-case letters, digits and hyphens' }),
  name: Type.String({ minLength: 1, maxLength: 128, description: 'what people read where they allow it something' }),
  redirect_uris: Type.Array(Type.String({ pattern: '^https://[^\\s#@?]+$', maxLength: 512 }), {
    minItems: 1,
    maxItems: 16,
    uniqueItems: true,
    description: 'https addresses to which a log-in leads back, exactly as they are',
  }),
  scopes: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true, description: 'all that it may ask for' }),
});

type BrowserClient = Static<typeof browserClientSchema>;

/** It keeps no refresh token: a script of another would find it. Who wants a new token logs in again, which the session makes short. */
export const toBrowserClient = ({ client_id: clientId, name, redirect_uris: redirectUris, scopes }: BrowserClient): ClientRecord => ({
  clientId,
  name,
  applicationType: 'web',
  authMethod: 'none',
  grantTypes: ['authorization_code'],
  redirectUris,
  postLogoutRedirectUris: [],
  corsOrigins: [...new Set(redirectUris.map((uri) => new URL(uri).origin))],
  scopes,
  tenantId: null,
  roles: [],
  accessTokenTtlSeconds: null,
  tokenBinding: 'none',
  tokenFormat: null,
  firstParty: false,
  requiresPkce: true,
  mayIntrospect: [],
});
