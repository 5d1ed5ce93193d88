import type { ClientAuthMethod } from '#identity/clients/client.ts';
import { RECORD_PROPERTY } from '../records/client-metadata.ts';
import { refuseWithdrawnKey } from '../seams/client-keys.ts';
import { checkAssertion } from './client-assertions.ts';
import type { Feature } from './feature.ts';

export const TOKEN_PATH = '/oauth2/token';

/** In the order in which discovery lists them. */
export const AUTH_METHODS: ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'none'];

/** Of assertions by which clients prove themselves. */
export const ASSERTION_ALGS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

/**
 * How clients prove themselves, and the token endpoint, where every grant ends.
 *
 * @param now epoch milliseconds
 * @see RFC 6749 sections 2.3 and 3.2, RFC 7523
 */
export const clientAuthentication = (issuer: string, now: () => number): Feature => ({
  configuration: {
    routes: { token: TOKEN_PATH },
    clientAuthMethods: AUTH_METHODS,
    // Without these oidc-provider wants a key for RS256, and refuses every client.
    clientDefaults: { id_token_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' },
    enabledJWA: { clientAuthSigningAlgValues: [...ASSERTION_ALGS] },
    extraClientMetadata: { properties: [RECORD_PROPERTY] },
    assertJwtClientAuthClaimsAndHeader: async ({ oidc }, claims, header, client) => {
      checkAssertion(claims, { issuer, now: now() });
      await refuseWithdrawnKey(client, String(oidc.params?.client_assertion), header);
    },
  },
  endpoints: [{ path: TOKEN_PATH, methods: ['POST', 'OPTIONS'], answers: 'json' }],
});
