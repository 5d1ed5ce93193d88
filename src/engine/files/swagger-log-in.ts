import { KMS_SCOPES } from '#infra/magic/magic.ts';
import type { Tree } from './delivered-config.ts';

/** The client by which people of a demo log in from the Swagger UI. */
const CLIENT_ID = 'passthru-kms-swagger-ui';

/**
 * The two ends of a log-in from the Swagger UI: the client in the configuration of Identity, and `log_in` of the issuer in that of the KMS.
 *
 * @param options.swagger address of the page
 * @param options.issuer origin at which browsers reach Identity
 */
export const swaggerLogIn = (options: {
  readonly swagger: string;
  readonly issuer: string;
}): { readonly client: Tree; readonly logIn: Tree } => {
  const { swagger, issuer } = options;
  return {
    client: { client_id: CLIENT_ID, name: 'Swagger UI of the KMS', redirect_uris: [swagger], scopes: Object.keys(KMS_SCOPES) },
    logIn: {
      client_id: CLIENT_ID,
      redirect_uri: swagger,
      authorization_endpoint: `${issuer}/oauth2/authorize`,
      token_endpoint: `${issuer}/oauth2/token`,
    },
  };
};
