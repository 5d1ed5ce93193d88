import { OPENID_SCOPES, RESPONSE_MODES } from '../records/client-metadata.ts';
import type { Feature } from './feature.ts';

const JWKS_PATH = '/.well-known/jwks.json';
/** Our own, for resource servers: `../../introspection`. */
export const BATCH_INTROSPECTION_PATH = '/oauth2/introspect/batch';

/** Our own, for clients that register themselves: `../../../registration`. */
export const REGISTRATION_PATH = '/oauth2/register';

/** Metadata and public keys, for everybody. @see RFC 8414, OpenID Connect Discovery 1.0, RFC 7517 */
export const discovery = (): Feature => ({
  configuration: { routes: { jwks: JWKS_PATH }, discovery: { scopes_supported: [...OPENID_SCOPES] } },
  endpoints: ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', JWKS_PATH].map((path) => ({
    path,
    methods: ['GET', 'OPTIONS'],
    answers: 'json',
  })),
});

/** The metadata of a listener that sees no client certificate: nothing that takes one can be done there. */
const withoutCertificates = (metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(metadata).flatMap(([name, value]) => {
      if (name === 'tls_client_certificate_bound_access_tokens') return [];
      return [
        [name, name.endsWith('_auth_methods_supported') ? (value as string[]).filter((method) => method !== 'tls_client_auth') : value],
      ];
    }),
  );

/** The metadata with the scopes of all resource servers, the response modes of every client, and the claims of ID tokens as they are. */
export const completeMetadata = (
  metadata: Readonly<Record<string, unknown>>,
  of: {
    readonly issuer: string;
    readonly resourceScopes: readonly string[];
    /** Whether the listener asks for client certificates. */
    readonly certificates: boolean;
    /** Whether clients may register themselves. */
    readonly registration: boolean;
  },
): Readonly<Record<string, unknown>> => ({
  ...(of.certificates ? metadata : withoutCertificates(metadata)),
  introspection_batch_endpoint: `${of.issuer}${BATCH_INTROSPECTION_PATH}`,
  ...(of.registration ? { registration_endpoint: `${of.issuer}${REGISTRATION_PATH}` } : {}),
  response_modes_supported: RESPONSE_MODES,
  claims_supported: [...((metadata.claims_supported ?? []) as string[]), 'amr'],
  scopes_supported: [...new Set([...((metadata.scopes_supported ?? []) as string[]), ...of.resourceScopes])],
});
