import { KMS_CLIENT_ID, KMS_SCOPES } from '#infra/magic/magic.ts';
import { map, type Tree } from './delivered-config.ts';

/**
 * The two ends of a log-in of browsers at the KMS: it is one more thing that the client may do by which the KMS asks Identity about
 * tokens. `client` completes its entry in the configuration of Identity, `issuer` that of Identity in the configuration of the KMS.
 *
 * @param options.origin at which browsers reach the KMS
 * @param options.issuer origin at which browsers reach Identity
 */
export const browserLogIn = (options: {
  readonly origin: string;
  readonly issuer: string;
}): { readonly client: (delivered: Tree) => Tree; readonly issuer: (delivered: Tree) => Tree } => {
  const { origin, issuer } = options;
  const logIn = {
    name: 'Key management service',
    redirect_uris: [`${origin}/ui/callback`],
    post_logout_redirect_uris: [`${origin}/ui/logged-out`],
    scopes: ['openid', 'profile', ...Object.keys(KMS_SCOPES)],
  };
  return {
    client: (delivered) => (delivered['client_id'] === KMS_CLIENT_ID ? { ...delivered, log_in: logIn } : delivered),
    issuer: (delivered) => {
      const revocation = map(delivered['revocation']);
      // The KMS asks where it asks about tokens, which may be another address than that of browsers.
      const asked = new URL(String(revocation['introspection_endpoint'])).origin;
      return {
        ...delivered,
        browser_log_in: {
          client_id: KMS_CLIENT_ID,
          client_secret_file: revocation['client_secret_file'],
          authorization_endpoint: `${issuer}/oauth2/authorize`,
          token_endpoint: `${asked}/oauth2/token`,
          userinfo_endpoint: `${asked}/oidc/userinfo`,
          end_session_endpoint: `${issuer}/oidc/logout`,
        },
      };
    },
  };
};
