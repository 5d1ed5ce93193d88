import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/**
 * A resource server whose access tokens this issuer makes. The configuration names each; `scopes.ts` knows which scopes a coarse one or
 * a role covers. Accounts, the provider and the consent page read both.
 *
 * @see RFC 8707
 */
export interface ResourceServer {
  /** Absolute URI: the audience. */
  readonly resource: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly tokenFormat: 'jwt' | 'opaque';
  readonly tokenTtlSeconds: number;
}

export const resourceServerSchema = strictObject({
  resource: Type.String({ pattern: '^(https://|urn:)\\S+$', maxLength: 512, description: 'RFC 8707 resource indicator: the audience' }),
  name: Type.String({ minLength: 1, maxLength: 128, description: 'name for people, on the consent page' }),
  scopes: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9:._-]*$' }), {
    minItems: 1,
    uniqueItems: true,
    description: 'scopes that the API knows',
  }),
  token_format: Type.Union([Type.Literal('jwt'), Type.Literal('opaque')], {
    default: 'jwt',
    description: 'form of access tokens: a JWT (RFC 9068), which the API can check by itself, or a text that says nothing',
  }),
  token_ttl_seconds: Type.Integer({ minimum: 1, maximum: 86_400, default: 600, description: 'life of an access token' }),
});

export const toResourceServer = (configured: Static<typeof resourceServerSchema>): ResourceServer => ({
  resource: configured.resource,
  name: configured.name,
  scopes: configured.scopes,
  tokenFormat: configured.token_format,
  tokenTtlSeconds: configured.token_ttl_seconds,
});
