/** How a client protects its requests, as the admin listener of Identity takes it. */
export interface ClientSecurityBody {
  readonly jwks?: object;
  readonly jwks_uri?: string;
  readonly tls_client_auth_subject_dn?: string;
  readonly tls_client_auth_san_dns?: string;
  readonly tls_client_auth_san_uri?: string;
  readonly tls_client_auth_san_email?: string;
  readonly tls_client_auth_san_ip?: string;
  readonly id_token_signed_response_alg?: string;
  readonly introspection_signed_response_alg?: string;
  readonly require_pushed_authorization_requests?: boolean;
  readonly rotate_refresh_tokens?: boolean;
}
