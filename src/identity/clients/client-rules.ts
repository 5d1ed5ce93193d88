import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { type ClientRecord, DEVICE_GRANT, hasSharedSecret } from './client.ts';
import { isOrigin } from './cors-origins.ts';
import { isOwnedAddress, redirectIssue } from './redirect-rules.ts';
import { securityIssues } from './security/client-security.rules.ts';

/** A field that an issue names; seeds and operators write the first two each in their own way. */
type ClientField =
  | 'secret'
  | 'tenant'
  | 'redirect_uris'
  | 'post_logout_redirect_uris'
  | 'backchannel_logout_uri'
  | 'cors_origins'
  | 'grant_types'
  | 'scopes'
  | 'first_party'
  | 'require_pkce';
type Field = ClientField | `${'redirect_uris' | 'post_logout_redirect_uris' | 'cors_origins'}/${number}`;
type Issue = FieldIssue & { readonly field: Field };

const when = (wrong: boolean, field: Field, message: string, fix: string): readonly Issue[] => (wrong ? [{ field, message, fix }] : []);

const ofSecret = (client: ClientRecord, hasSecret: boolean): readonly Issue[] => [
  ...when(!hasSharedSecret(client) && hasSecret, 'secret', 'must be absent: a public client has none', 'Leave it out.'),
  ...when(
    hasSharedSecret(client) && !hasSecret,
    'secret',
    'is missing',
    'Give one, or make token_endpoint_auth_method none for a public client.',
  ),
];

const ofGrants = ({ authMethod, grantTypes, redirectUris, scopes, tenantId, backchannelLogout }: ClientRecord): readonly Issue[] => {
  const actsForItself = grantTypes.includes('client_credentials');
  const logsIn = grantTypes.includes('authorization_code');
  return [
    ...when(
      actsForItself && tenantId === null,
      'tenant',
      'is missing: a client that acts for itself belongs to a tenant',
      'Name its tenant, or leave out the grant client_credentials.',
    ),
    // "The client credentials grant type MUST only be used by confidential clients."
    ...when(
      actsForItself && authMethod === 'none',
      'grant_types',
      'has client_credentials, which a public client cannot use: anybody could',
      'Leave it out, or let the client prove itself by a secret.',
    ),
    ...when(
      logsIn && redirectUris.length === 0,
      'redirect_uris',
      'is empty, yet the client uses authorization codes',
      'Name where a log-in leads back to.',
    ),
    ...when(
      logsIn && scopes.length === 0,
      'scopes',
      'is empty, yet the client uses authorization codes: it could ask for nothing',
      'Name what it may ask for, for example openid.',
    ),
    ...when(
      grantTypes.includes('refresh_token') && !logsIn && !grantTypes.includes(DEVICE_GRANT),
      'grant_types',
      'has refresh_token, and no grant that gives one',
      'Add authorization_code or the grant of device codes, or leave it out.',
    ),
    ...when(
      backchannelLogout !== undefined && !logsIn && !grantTypes.includes(DEVICE_GRANT),
      'backchannel_logout_uri',
      'is for a client to which people log in, and so could nobody log out of this one',
      'Add authorization_code, or leave it out.',
    ),
    ...when(
      scopes.includes('offline_access') && !grantTypes.includes('refresh_token'),
      'grant_types',
      'has no refresh_token, which the scope offline_access is for',
      'Add refresh_token, or leave out the scope.',
    ),
  ];
};

const ofAddresses = (client: ClientRecord): readonly Issue[] => {
  const lists = [
    ['redirect_uris', client.redirectUris],
    ['post_logout_redirect_uris', client.postLogoutRedirectUris],
  ] as const;
  return [
    ...lists.flatMap(([name, uris]) =>
      uris.flatMap((uri, index): readonly Issue[] => {
        const issue = redirectIssue(uri, client.applicationType);
        return issue === null ? [] : [{ field: `${name}/${index}`, ...issue }];
      }),
    ),
    ...client.corsOrigins.flatMap((origin, index) =>
      when(
        !isOrigin(origin),
        `cors_origins/${index}`,
        'is not as a browser sends it',
        'Write it without path, without the default port, in lower case.',
      ),
    ),
  ];
};

const ofTrust = ({
  authMethod,
  applicationType,
  grantTypes,
  redirectUris,
  scopes,
  firstParty,
  requiresPkce,
}: ClientRecord): readonly Issue[] => [
  // RFC 8252 section 8.6: "authorization servers SHOULD NOT process authorization requests automatically without user consent".
  ...when(
    firstParty && applicationType === 'native',
    'first_party',
    'is not for a native application: another one on the same machine may say that it is this one',
    'Leave it out: its people are asked once.',
  ),
  ...when(
    firstParty && applicationType === 'web' && authMethod === 'none' && !redirectUris.every(isOwnedAddress),
    'first_party',
    'is for a public client whose redirect_uris are https addresses with an owner, and none of this machine',
    'Register https addresses alone, or leave it out: its people are asked once.',
  ),
  // RFC 9700 section 2.1.1: "Public clients MUST use PKCE", "confidential OpenID Connect clients … MAY use the nonce".
  ...when(
    !requiresPkce && authMethod === 'none',
    'require_pkce',
    'asks for codes without PKCE, and nothing else protects those of a public client',
    'Leave it out.',
  ),
  ...when(
    !requiresPkce && authMethod !== 'none' && !(grantTypes.includes('authorization_code') && scopes.includes('openid')),
    'require_pkce',
    'asks for codes without PKCE, which takes the grant authorization_code and the scope openid: to others a nonce says nothing',
    'Leave it out, or add them.',
  ),
];

/**
 * Rules of clients beyond the form of each field: all by which a client could never work, or would be no safe one.
 *
 * @param options.pointer of a field, as the reader knows it
 */
export const clientIssues = (
  client: ClientRecord,
  options: { readonly hasSecret: boolean; readonly pointer: (field: string) => string },
): readonly FieldIssue[] =>
  [
    ...ofSecret(client, options.hasSecret),
    ...securityIssues(client.authMethod, client),
    ...ofGrants(client),
    ...ofAddresses(client),
    ...ofTrust(client),
  ].map((issue) => ({ ...issue, field: options.pointer(issue.field) }));

/** What an operator should know of a client that is admitted all the same. */
export const clientWarnings = ({ clientId, requiresPkce }: ClientRecord): readonly string[] =>
  requiresPkce ? [] : [`${clientId} may ask for codes without PKCE and has to send a nonce then (RFC 9700 section 2.1.1).`];
