import { errors } from 'oidc-provider';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { PayloadStore } from '../../store/payloads.ts';
import { ASSERTION_ALGS, AUTH_METHODS } from '../client-authentication.ts';
import type { Feature } from '../feature.ts';
import type { VerifyAccessToken } from './jwt-access-token.ts';

const REVOCATION_PATH = '/oauth2/revoke';

const foreignToken = (): errors.InvalidRequest => new errors.InvalidRequest('client is not authorized to revoke the presented token');

/** The end of a token before its time; here of opaque tokens. A refresh token ends its family, an access token itself alone. @see RFC 7009 */
export const revocation = (): Feature => ({
  configuration: {
    features: {
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => {
          if (token.clientId === client.clientId) return true;
          throw foreignToken();
        },
      },
    },
    routes: { revocation: REVOCATION_PATH },
    discovery: {
      revocation_endpoint_auth_methods_supported: AUTH_METHODS,
      revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    },
    revokeGrantPolicy: () => true,
  },
  endpoints: [{ path: REVOCATION_PATH, methods: ['POST', 'OPTIONS'], answers: 'json' }],
});

/**
 * Revocation of a JWT access token: its `jti` goes into a durable list until the token ends by itself. A token that is not valid
 * needs none.
 *
 * @throws errors.InvalidRequest for the token of another client (RFC 7009 section 2.1)
 */
export const createJwtRevocation = (options: {
  readonly verify: VerifyAccessToken;
  readonly store: Pick<PayloadStore, 'revokeToken'>;
}): ((token: string, client: ClientRecord) => Promise<void>) => {
  const { verify, store } = options;
  return async (token, client) => {
    const payload = await verify(token);
    if (payload === undefined) return;
    if (payload.client_id !== client.clientId) throw foreignToken();
    await store.revokeToken({ jti: payload.jti, audience: String([payload.aud].flat()[0]), expiresAt: payload.exp * 1000 });
  };
};
