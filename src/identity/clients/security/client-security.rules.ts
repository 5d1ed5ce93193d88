import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { certificateNameIssue, entriesOfNames, fieldOfName } from './certificate-names.ts';
import { clientKeyIssue } from './client-keys.ts';
import type { ClientSecurity } from './client-security.ts';

const KEY_METHOD = 'private_key_jwt';
const CERTIFICATE_METHOD = 'tls_client_auth';

/** Keys exactly where the client proves itself by one, from one place, and each of them fit for it. */
const keyIssues = (authMethod: string, { jwks, jwksUri }: ClientSecurity): readonly FieldIssue[] => {
  const given = [...(jwks === undefined ? [] : ['jwks']), ...(jwksUri === undefined ? [] : ['jwks_uri'])];
  if (authMethod !== KEY_METHOD) return given.map((field) => ({ field, message: `must be absent: ${authMethod} has no use for keys` }));
  if (given.length !== 1)
    return [
      {
        field: 'jwks',
        message: given.length === 0 ? 'is missing, or jwks_uri in its place' : 'stands beside jwks_uri: give one of the two',
      },
    ];
  return (jwks?.keys ?? []).flatMap((jwk, index) => {
    const message = clientKeyIssue(jwk);
    return message === undefined ? [] : [{ field: `jwks/keys/${index}`, message }];
  });
};

/** A name of its certificate exactly where the client proves itself by one. */
const certificateIssues = (authMethod: string, { certificateNames = {} }: ClientSecurity): readonly FieldIssue[] => {
  const given = entriesOfNames(certificateNames);
  if (authMethod !== CERTIFICATE_METHOD)
    return given.map(([name]) => ({ field: fieldOfName(name), message: `must be absent: ${authMethod} has no use for a certificate` }));
  const [first, second] = given;
  if (first === undefined)
    return [{ field: fieldOfName('subject_dn'), message: 'is missing, or another tls_client_auth_ field in its place' }];
  if (second !== undefined)
    return [{ field: fieldOfName(second[0]), message: `stands beside ${fieldOfName(first[0])}: one name says which certificate it is` }];
  const message = certificateNameIssue(...first);
  return message === undefined ? [] : [{ field: fieldOfName(first[0]), message }];
};

/** A refresh token that stays is safe where each use of it takes a key that its client alone has: a secret may be stolen beside it. */
const refreshTokenIssues = (authMethod: string, { keepsRefreshTokens }: ClientSecurity): readonly FieldIssue[] =>
  keepsRefreshTokens === true && authMethod !== KEY_METHOD && authMethod !== CERTIFICATE_METHOD
    ? [
        {
          field: 'rotate_refresh_tokens',
          message: `asks for refresh tokens that stay, which takes ${KEY_METHOD} or ${CERTIFICATE_METHOD}: ${
            authMethod === 'none' ? 'this client is public' : `this client proves itself by ${authMethod}`
          }, and a token that was stolen would stay good`,
          fix: `Leave it out, or let the client prove itself by ${KEY_METHOD} or ${CERTIFICATE_METHOD}.`,
        },
      ]
    : [];

/**
 * What contradicts itself in the security of a client.
 *
 * @returns issues whose fields are named from the client on, without a slash before
 */
export const securityIssues = (authMethod: string, security: ClientSecurity): readonly FieldIssue[] => [
  ...keyIssues(authMethod, security),
  ...certificateIssues(authMethod, security),
  ...refreshTokenIssues(authMethod, security),
];
