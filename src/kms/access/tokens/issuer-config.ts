import { type Static, Type } from 'typebox';
import { filePath, httpsUrl, strictObject } from '#infra/config/schema.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { TOKEN_ALGORITHMS } from '../federation/algorithms.ts';
import { claimNamesSchema } from '../federation/claim-names.ts';
import { browserLogInSchema } from './browser-log-in.ts';
import { revocationConfigSchema } from './revocation-config.ts';

/** The client by which people log in at an issuer from the Swagger UI. */
export const logInSchema = strictObject(
  {
    client_id: Type.String({ minLength: 1, maxLength: 128, description: 'a public client of the issuer' }),
    redirect_uri: httpsUrl('the address of the Swagger UI, as the issuer has it for this client'),
    authorization_endpoint: httpsUrl('where browsers begin a log-in'),
    token_endpoint: httpsUrl('where the page gets its token; the issuer lets its origin read the answer'),
  },
  { description: 'how people log in at this issuer from the Swagger UI; without it the page offers no log-in there' },
);

/** One issuer of access tokens: how its tokens are checked, and the tenants that it is the authority for. */
export const issuerConfigSchema = strictObject({
  issuer: httpsUrl('an https URL: exactly the `iss` of its tokens'),
  name: Type.Optional(
    Type.String({
      pattern: '^[a-z][a-z0-9-]{0,31}$',
      description: 'how `/readyz` and the log call it; without it, `identity` for the first of the list, `identity-2` for the second',
    }),
  ),
  discovery: Type.Boolean({
    default: false,
    description:
      'true: addresses that are not stated here are taken from the metadata that the issuer publishes (RFC 8414, OpenID Connect Discovery)',
  }),
  jwks_uri: Type.Optional(httpsUrl('an https URL without user and fragment; required without `discovery`')),
  audience: Type.String({ minLength: 1, default: KMS_RESOURCE, description: 'exactly the `aud` of its tokens' }),
  ca: filePath({ description: 'PEM file with the root certificate that its TLS is verified against' }),
  tenants: Type.Union([Type.Enum(['*', 'others']), Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true })], {
    description:
      'names of the tenants that it alone may speak for; "others": each that no other issuer names; "*": all, where it is the only issuer',
  }),
  required: Type.Optional(
    Type.Boolean({ description: 'whether `/readyz` is 503 while it does not answer; without it, as `identity.required` says for all' }),
  ),
  algorithms: Type.Array(Type.Enum(TOKEN_ALGORITHMS), {
    default: ['ES256'],
    minItems: 1,
    uniqueItems: true,
    description: 'by which its tokens may be signed; a key of its JWKS without `alg` counts only where this leaves one choice',
  }),
  claims: Type.Optional(claimNamesSchema),
  jwks_ttl_seconds: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 300,
    description: 'how long keys of the issuer are used before they are fetched again',
  }),
  jwks_stale_seconds: Type.Integer({
    minimum: 0,
    maximum: 86_400,
    default: 900,
    description: 'how much longer they are used while the issuer does not answer',
  }),
  max_token_seconds: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 3_600,
    description: 'the longest life of its tokens: `exp` minus `iat`',
  }),
  clock_skew_seconds: Type.Integer({
    minimum: 0,
    maximum: 30,
    default: 5,
    description: 'how much the clocks of issuer and KMS may differ',
  }),
  revocation: revocationConfigSchema(httpsUrl),
  log_in: Type.Optional(logInSchema),
  browser_log_in: Type.Optional(browserLogInSchema),
});

export type IssuerConfig = Static<typeof issuerConfigSchema>;
