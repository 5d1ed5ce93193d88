import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { keyScopeOf } from '#infra/magic/key-scopes.ts';

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
  /** Whether it knows scopes for single keys, too, of which there are too many to list. */
  readonly keyScopes: boolean;
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
  key_scopes: Type.Boolean({
    default: false,
    description: 'true: the API knows scopes for single keys as well, such as kms:key:invoices:encrypt and kms:label:env=dev:decrypt',
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
  keyScopes: configured.key_scopes,
  tokenFormat: configured.token_format,
  tokenTtlSeconds: configured.token_ttl_seconds,
});

/** Whether a scope is one of this API. */
export const knowsScope = ({ scopes, keyScopes }: Pick<ResourceServer, 'scopes' | 'keyScopes'>, scope: string): boolean =>
  scopes.includes(scope) || (keyScopes && keyScopeOf(scope) !== null);
