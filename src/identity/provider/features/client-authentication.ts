import { CERTIFICATE_AUTH_METHOD, type ClientAuthMethod } from '#identity/clients/client.ts';
import { RECORD_PROPERTY } from '../records/client-metadata.ts';
import type { Feature } from './feature.ts';

const TOKEN_PATH = '/oauth2/token';

/** In the order in which discovery lists them. */
export const AUTH_METHODS: (ClientAuthMethod | typeof CERTIFICATE_AUTH_METHOD)[] = [
  'client_secret_basic',
  'client_secret_post',
  CERTIFICATE_AUTH_METHOD,
  'none',
];

/** How clients prove themselves, and the token endpoint, where every grant ends. @see RFC 6749 sections 2.3 and 3.2 */
export const clientAuthentication = (): Feature => ({
  configuration: {
    routes: { token: TOKEN_PATH },
    clientAuthMethods: AUTH_METHODS,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    extraClientMetadata: { properties: [RECORD_PROPERTY] },
  },
  endpoints: [{ path: TOKEN_PATH, methods: ['POST', 'OPTIONS'], answers: 'json' }],
});
