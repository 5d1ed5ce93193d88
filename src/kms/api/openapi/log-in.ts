import { KMS_SCOPES } from '#infra/magic/magic.ts';

/** How people log in at an issuer from the Swagger UI: the authorization code grant with PKCE, of a public client. */
export interface LogIn {
  /** `iss` of the answers (RFC 9207). */
  readonly issuer: string;
  readonly clientId: string;
  /** The address of the page. */
  readonly redirectUri: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
}

/** It asks for everything; an account gets as much of that as it may have. */
export const LOG_IN_SCOPE = Object.keys(KMS_SCOPES).join(' ');

/** That of the first issuer that has one. @param issuers as they are configured */
export const logInOf = (
  issuers: readonly {
    readonly issuer: string;
    readonly log_in?: {
      readonly client_id: string;
      readonly redirect_uri: string;
      readonly authorization_endpoint: string;
      readonly token_endpoint: string;
    };
  }[],
): LogIn | null => {
  const [first] = issuers.flatMap(({ issuer, log_in: stated }) => (stated === undefined ? [] : [{ issuer, ...stated }]));
  if (first === undefined) return null;
  return {
    issuer: first.issuer,
    clientId: first.client_id,
    redirectUri: first.redirect_uri,
    authorizationEndpoint: first.authorization_endpoint,
    tokenEndpoint: first.token_endpoint,
  };
};
