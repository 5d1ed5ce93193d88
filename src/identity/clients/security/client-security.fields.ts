import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { CERTIFICATE_NAMES, type CertificateNames, fieldOfName, withNames } from './certificate-names.ts';
import { MAX_CLIENT_KEYS } from './client-keys.ts';
import { type ClientSecurity, SIGNED_RESPONSE_ALGORITHMS } from './client-security.ts';

const member = Type.Optional(Type.String({ minLength: 1, maxLength: 1024 }));
const texts = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 16_384 }), { maxItems: 8 }));

/** A public JWK: a private member is refused by its name. @see RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2 */
const publicKey = strictObject({
  kty: Type.Enum(['EC', 'OKP', 'RSA']),
  use: Type.Optional(Type.Literal('sig')),
  kid: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  alg: member,
  key_ops: texts,
  ext: Type.Optional(Type.Boolean()),
  crv: member,
  x: member,
  y: member,
  n: member,
  e: member,
  x5c: texts,
  x5t: member,
  'x5t#S256': member,
});

const certificateName = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: `${description}, for tls_client_auth` }));

const signedBy = (what: string) =>
  Type.Optional(
    Type.Enum(SIGNED_RESPONSE_ALGORITHMS, {
      description: `by which ${what} are signed; ES256 where it is absent, and what \`signing.algorithms\` offers`,
    }),
  );

/** The fields of a client that are about its security, by the names of the registry of RFC 7591. */
export const clientSecurityFields = {
  jwks: Type.Optional(
    strictObject(
      { keys: Type.Array(publicKey, { minItems: 1, maxItems: MAX_CLIENT_KEYS }) },
      { description: 'its public keys, as a JWK Set, for private_key_jwt' },
    ),
  ),
  jwks_uri: Type.Optional(
    Type.String({
      pattern: '^https://[^\\s#]+$',
      maxLength: 512,
      description: 'the https address of these keys, in the place of `jwks`; its origin has to be allowed by `outgoing`',
    }),
  ),
  tls_client_auth_subject_dn: certificateName('the subject of its certificate, as RFC 4514 writes it: CN=worker,O=Acme'),
  tls_client_auth_san_dns: certificateName('a DNS name in its certificate'),
  tls_client_auth_san_uri: certificateName('a URI in its certificate'),
  tls_client_auth_san_email: certificateName('an e-mail address in its certificate'),
  tls_client_auth_san_ip: certificateName('an IP address in its certificate'),
  id_token_signed_response_alg: signedBy('its ID tokens and logout tokens'),
  introspection_signed_response_alg: signedBy('answers about tokens, where it asks for them,'),
  require_pushed_authorization_requests: Type.Optional(
    Type.Boolean({ description: 'whether each authorization request has to be pushed first (RFC 9126)' }),
  ),
  rotate_refresh_tokens: Type.Optional(
    Type.Boolean({
      description:
        'false: a refresh gives no new refresh token, as FAPI 2.0 wants it; for clients of private_key_jwt and tls_client_auth alone. True where it is absent',
    }),
  ),
};

const fieldsSchema = strictObject(clientSecurityFields);

type SecurityFields = Static<typeof fieldsSchema>;

const namesOfFields = (fields: SecurityFields): CertificateNames =>
  Object.fromEntries(
    CERTIFICATE_NAMES.flatMap((name) => {
      const value = fields[fieldOfName(name)];
      return value === undefined ? [] : [[name, value]];
    }),
  );

export const securityOfFields = (fields: SecurityFields): ClientSecurity => ({
  ...(fields.jwks === undefined ? {} : { jwks: fields.jwks as NonNullable<ClientSecurity['jwks']> }),
  ...(fields.jwks_uri === undefined ? {} : { jwksUri: fields.jwks_uri }),
  ...withNames(namesOfFields(fields)),
  ...(fields.id_token_signed_response_alg === undefined ? {} : { idTokenAlgorithm: fields.id_token_signed_response_alg }),
  ...(fields.introspection_signed_response_alg === undefined ? {} : { introspectionAlgorithm: fields.introspection_signed_response_alg }),
  ...(fields.require_pushed_authorization_requests === true ? { requirePushedRequests: true } : {}),
  ...(fields.rotate_refresh_tokens === false ? { keepsRefreshTokens: true } : {}),
});

/** All of them; one that was not registered is undefined. */
export const fieldsOfSecurity = (
  security: ClientSecurity,
): { readonly [Name in keyof Required<SecurityFields>]: SecurityFields[Name] | undefined } => ({
  jwks: security.jwks as SecurityFields['jwks'],
  jwks_uri: security.jwksUri,
  tls_client_auth_subject_dn: security.certificateNames?.subject_dn,
  tls_client_auth_san_dns: security.certificateNames?.san_dns,
  tls_client_auth_san_uri: security.certificateNames?.san_uri,
  tls_client_auth_san_email: security.certificateNames?.san_email,
  tls_client_auth_san_ip: security.certificateNames?.san_ip,
  id_token_signed_response_alg: security.idTokenAlgorithm,
  introspection_signed_response_alg: security.introspectionAlgorithm,
  require_pushed_authorization_requests: security.requirePushedRequests,
  rotate_refresh_tokens: security.keepsRefreshTokens === true ? false : undefined,
});
