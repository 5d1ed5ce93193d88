import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { clientKeyIssue } from './client-keys.ts';
import type { ClientSecurity } from './client-security.ts';

const KEY_METHOD = 'private_key_jwt';

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

/**
 * What contradicts itself in the security of a client.
 *
 * @returns issues whose fields are named from the client on, without a slash before
 */
export const securityIssues = (authMethod: string, security: ClientSecurity): readonly FieldIssue[] => keyIssues(authMethod, security);
